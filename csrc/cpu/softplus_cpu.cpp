// The operators on the CPU: each thread runs the chosen instruction set's loop over its share.
#include <ATen/EmptyTensor.h>
#include <ATen/TensorIterator.h>

#include "csrc/cpu/capability.h"
#include "csrc/cpu/rows.h"
#include "csrc/dispatch/elementwise.h"
#include "csrc/dispatch/registration.h"

namespace fused_softplus::cpu {
namespace {

Dtype dtype_of(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return Dtype::float32;
    case at::kDouble:
      return Dtype::float64;
    case at::kHalf:
      return Dtype::float16;
    case at::kBFloat16:
      return Dtype::bfloat16;
    default:
      TORCH_INTERNAL_ASSERT(false, "check_dtype lets no other through");
  }
}

struct Device {
  struct Guard {
    explicit Guard(c10::Device) {}
  };

  static void run(at::TensorIteratorBase& iterator, Kernel kernel, double beta, double threshold) {
    const Loop loop = find_loop(kernel, dtype_of(iterator.dtype(0)));
    const int outputs = iterator.noutputs(), count = iterator.ntensors();
    const auto element_size = iterator.element_size(0);
    iterator.for_each([=](char** data, const int64_t* strides, int64_t n, int64_t rows) {
      const Operands operands{outputs, count, element_size, data, strides, strides + count, rows};
      run_rows(loop, beta, threshold, operands, n, rows);
    });
  }

  // What one thread takes. (More goes through the iterator for its threads: at::parallel_for in a
  // header would need an OpenMP of our own beside torch's.)
  static bool takes_contiguous(const at::Tensor& tensor) {
    return tensor.numel() <= at::internal::GRAIN_SIZE;
  }

  // Without the dispatcher, which would come back to this.
  static at::Tensor empty_like_contiguous(const at::Tensor& tensor) {
    return at::detail::empty_cpu(tensor.sizes(), tensor.scalar_type());
  }

  static constexpr bool takes_rows = true;

  static void run_contiguous(at::ScalarType dtype, const Rows& rows, Kernel kernel, double beta,
                             double threshold) {
    const Operands operands{rows.outputs,
                            static_cast<int>(rows.addresses.size()),
                            static_cast<int64_t>(c10::elementSize(dtype)),
                            rows.addresses.data(),
                            rows.strides.data(),
                            rows.row_strides.data(),
                            rows.period};
    run_rows(find_loop(kernel, dtype_of(dtype)), beta, threshold, operands, rows.n, rows.count);
  }
};

const Registration kernels(c10::DispatchKey::CPU, Elementwise<Device>::register_in);

}  // namespace
}  // namespace fused_softplus::cpu
