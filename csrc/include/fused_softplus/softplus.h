// The public C++ interface. Each function calls the operator of the same name through PyTorch's
// dispatcher, so autograd, autocast, tracing and every device that has a kernel work as they do
// from Python.
//
// Tensors are float32, float64, float16 or bfloat16, of any shape and strides, on the CPU or CUDA.
// abs(beta) is from 1e-30 to 1e30 (float64: 1e-300 to 1e300); threshold is any number but NaN. beta
// counts as the double that it is, and is not rounded to float32; beta * self > threshold alone is
// decided in the type that self is computed in.
// Anything else throws c10::Error. If another copy of the library is loaded already, this one
// warns, and its functions call the operators of that one.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Scalar.h>

#include <tuple>

namespace fused_softplus __attribute__((visibility("default"))) {

  // log(1 + exp(beta * self)) / beta, and self itself where beta * self > threshold.
  at::Tensor softplus(const at::Tensor& self, const at::Scalar& beta = 1,
                      const at::Scalar& threshold = 20);

  // The same into out, which is resized if need be, and into self.
  at::Tensor& softplus_out(at::Tensor & out, const at::Tensor& self, const at::Scalar& beta = 1,
                           const at::Scalar& threshold = 20);
  at::Tensor& softplus_(at::Tensor & self, const at::Scalar& beta = 1,
                        const at::Scalar& threshold = 20);

  // grad_output * sigmoid(beta * self), and grad_output where beta * self > threshold.
  at::Tensor softplus_backward(const at::Tensor& grad_output, const at::Tensor& self,
                               const at::Scalar& beta, const at::Scalar& threshold);

  // The same from result = softplus(self): grad_output * (1 - exp(-beta * result)).
  at::Tensor softplus_backward_from_result(const at::Tensor& grad_output, const at::Tensor& result,
                                           const at::Scalar& beta);

  // The gradients of softplus_backward towards grad_output and self.
  std::tuple<at::Tensor, at::Tensor> softplus_double_backward(
      const at::Tensor& grad_grad_input, const at::Tensor& grad_output, const at::Tensor& self,
      const at::Scalar& beta, const at::Scalar& threshold);

  // The gradients of softplus_backward_from_result towards grad_output and result.
  std::tuple<at::Tensor, at::Tensor> softplus_double_backward_from_result(
      const at::Tensor& grad_grad_input, const at::Tensor& grad_output, const at::Tensor& result,
      const at::Scalar& beta);

  // softplus(self + bias) in one pass, the two broadcast together. The sum is computed in float32
  // for the halves, and never stored.
  at::Tensor softplus_bias(const at::Tensor& self, const at::Tensor& bias,
                           const at::Scalar& beta = 1, const at::Scalar& threshold = 20);

  // Its gradient towards the sum: self's, and bias's once it is summed to bias's size.
  at::Tensor softplus_bias_backward(const at::Tensor& grad_output, const at::Tensor& self,
                                    const at::Tensor& bias, const at::Scalar& beta,
                                    const at::Scalar& threshold);

  // The gradients of softplus_bias_backward towards grad_output and the sum.
  std::tuple<at::Tensor, at::Tensor> softplus_bias_double_backward(
      const at::Tensor& grad_grad_sum, const at::Tensor& grad_output, const at::Tensor& self,
      const at::Tensor& bias, const at::Scalar& beta, const at::Scalar& threshold);

  // The inverse of softplus: log(exp(beta * self) - 1) / beta, and self itself where beta * self >
  // threshold; -inf (times beta's sign) at 0, NaN where beta * self < 0.
  at::Tensor inverse_softplus(const at::Tensor& self, const at::Scalar& beta = 1,
                              const at::Scalar& threshold = 20);

  // The instruction set that the CPU kernels run with: "avx512", "avx2" or "default". It is the
  // best that the CPU has, or the one named by the environment variable
  // FUSED_SOFTPLUS_CPU_CAPABILITY when it is first asked for; throws if that names none, or one
  // that the CPU lacks.
  const char* cpu_capability();

}  // namespace fused_softplus
