// The operators on CUDA, on the current stream of the tensors' device.
#include <ATen/Dispatch.h>
#include <ATen/cuda/EmptyTensor.h>
#include <c10/core/DeviceGuard.h>

#include "csrc/dispatch/elementwise.h"
#include "csrc/dispatch/registration.h"
#include "cuda/kernels.cuh"

namespace fused_softplus::cuda {
namespace {

// Calls visit(formula, element) with the formula of this kernel and an element of this dtype.
template <typename Visit>
void dispatch(Kernel kernel, at::ScalarType dtype, const Visit& visit) {
  AT_DISPATCH_FLOATING_TYPES_AND2(at::kHalf, at::kBFloat16, dtype, "fused_softplus", [&] {
    math::with_formula(kernel, [&](auto formula) { visit(formula, scalar_t()); });
  });
}

struct Device {
  using Guard = c10::DeviceGuard;  // accepts a CPU device too, which TensorIterator then refuses

  static void run(at::TensorIteratorBase& iterator, Kernel kernel, double beta, double threshold) {
    if (iterator.numel() == 0) {  // for which make_offset_calculator would divide by 0
      return;
    }
    c10::SmallVector<char*, 6> addresses;
    for (int i = 0; i < iterator.ntensors(); ++i) {
      addresses.push_back(static_cast<char*>(iterator.data_ptr(i)));
    }
    const int vector_bytes = vector_bytes_for(architecture());
    if (iterator.is_contiguous() && are_equally_aligned(addresses, vector_bytes)) {
      return run_contiguous(iterator.dtype(0), iterator.numel(), addresses, kernel, beta,
                            threshold);
    }
    if (!iterator.can_use_32bit_indexing()) {
      for (auto& part : iterator.with_32bit_indexing()) {
        run(part, kernel, beta, threshold);
      }
      return;
    }
    dispatch(kernel, iterator.dtype(0), [&](auto formula, auto element) {
      using scalar_t = decltype(element);
      constexpr int count = formula.outputs + formula.inputs;
      // There is a kernel for beta = 1 only where it is worth its place in the library: a bias is
      // the usual case of VectorRows. The bits are the same.
      const math::AnyBeta<at::opmath_type<scalar_t>> any(beta, threshold);
      if (VectorRows<count>::takes(iterator, formula.outputs, vector_bytes)) {
        const VectorRows<count> rows(iterator, vector_bytes);
        const auto launch_with = [&](const auto& chosen) {
          launch<scalar_t>(chosen, formula, rows, iterator.numel());
        };
        if constexpr (math::has_bias<decltype(formula)>) {
          math::with_beta<at::opmath_type<scalar_t>, math::UnitBeta>(beta, threshold, launch_with);
        } else {
          launch_with(any);
        }
      } else {
        launch<scalar_t>(any, formula, Elements<count>(iterator), iterator.numel());
      }
    });
  }

  static bool takes_contiguous(const at::Tensor& tensor) {
    return misalignment(tensor.const_data_ptr(), vector_bytes_for(architecture())) == 0;
  }

  static at::Tensor empty_like_contiguous(const at::Tensor& tensor) {
    return at::detail::empty_cuda(tensor.sizes(), tensor.options());
  }

  static constexpr bool takes_rows = false;  // each would be a launch

  static void run_contiguous(at::ScalarType dtype, const Rows& rows, Kernel kernel, double beta,
                             double threshold) {
    if (rows.n != 0) {
      run_contiguous(dtype, rows.n, rows.addresses, kernel, beta, threshold);
    }
  }

 private:
  // The addresses lie equally far from a whole vector.
  static void run_contiguous(at::ScalarType dtype, int64_t n, c10::ArrayRef<char*> addresses,
                             Kernel kernel, double beta, double threshold) {
    dispatch(kernel, dtype, [&](auto formula, auto element) {
      using scalar_t = decltype(element);
      const Contiguous<formula.outputs + formula.inputs> layout(addresses, n, sizeof(scalar_t),
                                                                vector_bytes_for(architecture()));
      const auto launch_with = [&](const auto& chosen) {
        launch<scalar_t>(chosen, formula, layout, n);
      };
      math::with_beta<at::opmath_type<scalar_t>, math::UnitBeta>(beta, threshold, launch_with);
    });
  }
};

const Registration kernels(c10::DispatchKey::CUDA, Elementwise<Device>::register_in);

}  // namespace
}  // namespace fused_softplus::cuda
