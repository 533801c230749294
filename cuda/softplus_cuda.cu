// The operators on CUDA: the formulas of softplus_math.h, run over tensors by ATen's own loop,
// which handles strides, more than 2^31 elements, the current stream and device, and launch errors.
#include <ATen/Dispatch.h>

#include <ATen/native/cuda/Loops.cuh>

#include "../csrc/elementwise.h"
#include "../csrc/softplus_math.h"

namespace fused_softplus::cuda {
namespace {

template <typename scalar_t, int>
using Repeat = scalar_t;

// Op as a function of single elements, computed in opmath and rounded at the end.
template <typename Op, typename scalar_t, typename Inputs>
struct PerElement;

template <typename Op, typename scalar_t, int... input>
struct PerElement<Op, scalar_t, std::integer_sequence<int, input...>> {
  using Scalar = scalar_t;
  using T = at::opmath_type<scalar_t>;
  math::AnyBeta<T> beta;

  GPU_LAMBDA auto operator()(Repeat<scalar_t, input>... in) const {
    const auto out = Op::template apply<math::Rounding<scalar_t, T>>(beta, static_cast<T>(in)...);
    if constexpr (Op::outputs == 1) {
      return static_cast<scalar_t>(out.values[0]);
    } else {
      return thrust::make_tuple(static_cast<scalar_t>(out.values[0]),
                                static_cast<scalar_t>(out.values[1]));
    }
  }
};

template <typename Function>
void run_over(at::TensorIteratorBase& iterator, const Function& function, std::true_type) {
  at::native::gpu_kernel_nocast(iterator, function);
}

// ATen takes only a lambda here.
template <typename Op, typename scalar_t, int... input>
void run_over(at::TensorIteratorBase& iterator,
              const PerElement<Op, scalar_t, std::integer_sequence<int, input...>>& function,
              std::false_type) {
  at::native::gpu_kernel_multiple_outputs(
      iterator, [function] GPU_LAMBDA(Repeat<scalar_t, input>... in) { return function(in...); });
}

template <typename Op>
void run(at::TensorIteratorBase& iterator, double beta, double threshold) {
  AT_DISPATCH_FLOATING_TYPES_AND2(
      at::kHalf, at::kBFloat16, iterator.dtype(0), "fused_softplus", [&] {
        using Function = PerElement<Op, scalar_t, std::make_integer_sequence<int, Op::inputs>>;
        run_over(iterator, Function{{beta, threshold}}, std::bool_constant<Op::outputs == 1>());
      });
}

struct Device {
  static void run(at::TensorIteratorBase& iterator, Kernel kernel, double beta, double threshold) {
    math::with_formula(
        kernel, [&](auto op) { cuda::run<decltype(op)>(iterator, beta, threshold); });
  }
};

}  // namespace
}  // namespace fused_softplus::cuda

TORCH_LIBRARY_IMPL(fused_softplus, CUDA, m) {
  fused_softplus::Elementwise<fused_softplus::cuda::Device>::register_in(m);
}
