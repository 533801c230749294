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
    if (iterator.is_contiguous() && std::all_of(addresses.begin(), addresses.end(), aligned)) {
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
      const Operands<decltype(formula)> operands(addresses.data());
      // Addresses take the time here, so there is no kernel for beta = 1. The bits are the same.
      const math::AnyBeta<at::opmath_type<scalar_t>> any(beta, threshold);
      launch_strided<scalar_t>(any, operands, make_offset_calculator<operands.count>(iterator),
                               iterator.numel());
    });
  }

  static bool takes_contiguous(const at::Tensor& tensor) {
    return aligned(tensor.const_data_ptr());
  }

  static at::Tensor empty_like_contiguous(const at::Tensor& tensor) {
    return at::detail::empty_cuda(tensor.sizes(), tensor.options());
  }

  static constexpr bool takes_rows = false;  // each would be a launch

  static void run_contiguous(at::ScalarType dtype, const Rows& rows, Kernel kernel, double beta,
                             double threshold) {
    run_contiguous(dtype, rows.n, rows.addresses, kernel, beta, threshold);
  }

 private:
  static void run_contiguous(at::ScalarType dtype, int64_t n, c10::ArrayRef<char*> addresses,
                             Kernel kernel, double beta, double threshold) {
    dispatch(kernel, dtype, [&](auto formula, auto element) {
      using scalar_t = decltype(element);
      const Operands<decltype(formula)> operands(addresses.data());
      const auto launch = [&](const auto& chosen) {
        launch_contiguous<scalar_t>(chosen, operands, n);
      };
      math::with_beta<at::opmath_type<scalar_t>, math::UnitBeta>(beta, threshold, launch);
    });
  }
};

const Registration kernels(c10::DispatchKey::CUDA, Elementwise<Device>::register_in);

}  // namespace
}  // namespace fused_softplus::cuda
