// The public C++ interface. Each function calls the operator of the same name through PyTorch's
// dispatcher. Autograd, autocast, tracing and every device that has a kernel therefore work as they
// do from Python.
//
// Tensors are float32, float64, float16 or bfloat16, of any shape and strides, on the CPU or CUDA.
// abs(beta) is from 1e-30 to 1e30 (float64: 1e-300 to 1e300), and threshold is any number but NaN.
// Any other argument throws c10::Error. beta is the double that is passed, and is not rounded to
// float32. Only the comparison beta * self > threshold is made in the type that self is computed
// in.
//
// If another copy of the library is loaded already, this one warns, and its functions call the
// operators of that one.
//
//   at::Tensor x = at::randn({3}).requires_grad_();
//   fused_softplus::softplus(x, /*beta=*/100).sum().backward();
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Scalar.h>

#include <tuple>

namespace [[gnu::visibility("default")]] fused_softplus {

// log(1 + exp(beta * self)) / beta, and self itself where beta * self > threshold.
at::Tensor softplus(const at::Tensor& self, const at::Scalar& beta = 1,
                    const at::Scalar& threshold = 20);

// The same into out, which is resized if need be.
at::Tensor& softplus_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& beta = 1,
                         const at::Scalar& threshold = 20);

// The same in place.
at::Tensor& softplus_(at::Tensor& self, const at::Scalar& beta = 1,
                      const at::Scalar& threshold = 20);

// grad_output * sigmoid(beta * self), and grad_output where beta * self > threshold.
at::Tensor softplus_backward(const at::Tensor& grad_output, const at::Tensor& self,
                             const at::Scalar& beta, const at::Scalar& threshold);

// The same from result = softplus(self): grad_output * (1 - exp(-beta * result)).
at::Tensor softplus_backward_from_result(const at::Tensor& grad_output, const at::Tensor& result,
                                         const at::Scalar& beta);

// The gradients of softplus_backward towards grad_output and self.
std::tuple<at::Tensor, at::Tensor> softplus_double_backward(const at::Tensor& grad_grad_input,
                                                            const at::Tensor& grad_output,
                                                            const at::Tensor& self,
                                                            const at::Scalar& beta,
                                                            const at::Scalar& threshold);

// The gradients of softplus_backward_from_result towards grad_output and result.
std::tuple<at::Tensor, at::Tensor> softplus_double_backward_from_result(
    const at::Tensor& grad_grad_input, const at::Tensor& grad_output, const at::Tensor& result,
    const at::Scalar& beta);

// softplus(self + bias) in one pass, where self and bias broadcast. The sum is computed in float32
// for float16 and bfloat16, and is never stored.
at::Tensor softplus_bias(const at::Tensor& self, const at::Tensor& bias, const at::Scalar& beta = 1,
                         const at::Scalar& threshold = 20);

// The gradient of softplus_bias towards the sum. It is self's gradient, and summed to bias's size
// it is bias's.
at::Tensor softplus_bias_backward(const at::Tensor& grad_output, const at::Tensor& self,
                                  const at::Tensor& bias, const at::Scalar& beta,
                                  const at::Scalar& threshold);

// The gradients of softplus_bias_backward towards grad_output and the sum.
std::tuple<at::Tensor, at::Tensor> softplus_bias_double_backward(
    const at::Tensor& grad_grad_sum, const at::Tensor& grad_output, const at::Tensor& self,
    const at::Tensor& bias, const at::Scalar& beta, const at::Scalar& threshold);

// The inverse of softplus: log(exp(beta * self) - 1) / beta, and self itself where beta * self >
// threshold. It is -inf (times beta's sign) at 0, and NaN where beta * self < 0.
at::Tensor inverse_softplus(const at::Tensor& self, const at::Scalar& beta = 1,
                            const at::Scalar& threshold = 20);

// softplus(self) - log(2) / beta in one pass. It is 0 at 0, and has a small relative error near 0.
at::Tensor shifted_softplus(const at::Tensor& self, const at::Scalar& beta = 1,
                            const at::Scalar& threshold = 20);

// The same in place.
at::Tensor& shifted_softplus_(at::Tensor& self, const at::Scalar& beta = 1,
                              const at::Scalar& threshold = 20);

// softplus(self) + floor in one pass, where self and floor broadcast.
at::Tensor softplus_floor(const at::Tensor& self, const at::Tensor& floor,
                          const at::Scalar& beta = 1, const at::Scalar& threshold = 20);

// From enable() on, aten::softplus computes with these kernels in the whole process: F.softplus,
// nn.Softplus, TorchScript models and C++ code, forward, backward and double backward, on the
// devices that have kernels. disable() undoes one call of enable(), and throws c10::Error if there
// is none. The environment variable FUSED_SOFTPLUS_ENABLE=1 calls enable() when the library is
// loaded.
//
// Other dtypes, layouts, subclasses and dispatch modes get the kernels that they had before. So
// does whatever traces a program, which therefore does not depend on this library. Neither function
// may be called while another thread calls aten::softplus; is_enabled() may.
void enable();
void disable();
bool is_enabled();

// The instruction set of the CPU kernels: "avx512", "avx2" or "default", and "neon" on 64-bit ARM.
// It is the best one that the CPU has, or the one that the environment variable
// FUSED_SOFTPLUS_CPU_CAPABILITY names when it is first needed. Throws c10::Error if the variable
// has another value, or if the CPU lacks the instruction set.
const char* cpu_capability();

}  // namespace fused_softplus
