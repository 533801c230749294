// The operators in terms of ATen's: for devices that have no kernels of ours, and for programs that
// are decomposed because their destination does not know ours (python/fused_softplus/
// _decompositions.py).
//
// beta and threshold may be symbolic numbers, so nothing here depends on their values.
//
// The errors, in epsilons of the type that is computed in (float32 for the 16-bit types), are
//
//   (8 + abs(beta * input)) * abs(result)                       all results but the inverse's
//   (8 + abs(beta * input)) * (abs(result) + 1 / abs(beta))     inverse_softplus
//   (8 + abs(beta * input)) * abs(result)                       the first derivative of softplus
//   (8 + abs(beta * input)) * (abs(result) + abs(beta)**(n-1))  other derivatives, of order n
//
// plus the smallest normal number, times abs(beta) if that is above 1, and one rounding to a 16-bit
// type.
#pragma once

#include <ATen/ATen.h>
#include <ATen/OpMathType.h>

#include <numbers>

#include "csrc/dispatch/operators.h"

namespace fused_softplus::decompositions {

using at::Scalar;
using at::Tensor;

// The threshold, or a smaller one that gives the same results: from 40 on, softplus rounds to its
// input in float64, too, and exp(40) overflows in no type that this is computed in.
inline Scalar where_linear(const Scalar& threshold) {
  return (threshold.isSymInt() ? c10::SymFloat(threshold.toSymInt()) : threshold.toSymFloat())
      .min(40.0);
}

// Decomposition<op>::of(beta, threshold, tensors...) is the operator, computed in the tensors'
// dtype.
template <const auto& op>
struct Decomposition;

template <>
struct Decomposition<ops::softplus> {
  static Tensor of(const Scalar& beta, const Scalar& threshold, const Tensor& x) {
    return at::softplus(x, beta, where_linear(threshold));
  }
};

template <>
struct Decomposition<ops::softplus_backward> {
  static Tensor of(const Scalar& beta, const Scalar& threshold, const Tensor& grad,
                   const Tensor& x) {
    return at::softplus_backward(grad, x, beta, where_linear(threshold));
  }
};

template <>
struct Decomposition<ops::softplus_backward_from_result> {
  static Tensor of(const Scalar& beta, const Scalar&, const Tensor& grad, const Tensor& y) {
    return grad * -at::expm1(-(y * beta));
  }
};

template <>
struct Decomposition<ops::softplus_double_backward> {
  static ops::Two of(const Scalar& beta, const Scalar& threshold, const Tensor& grad_grad,
                     const Tensor& grad, const Tensor& x) {
    const Tensor beta_x = x * beta;
    const Tensor curvature = at::sigmoid(beta_x) * at::sigmoid(-beta_x) * beta;
    const Tensor grad_x = grad_grad * grad * at::where(beta_x > threshold, 0, curvature);
    const Tensor grad_grad_output =
        Decomposition<ops::softplus_backward>::of(beta, threshold, grad_grad, x);
    return {grad_grad_output.expand_as(grad_x), grad_x};
  }
};

template <>
struct Decomposition<ops::softplus_double_backward_from_result> {
  static ops::Two of(const Scalar& beta, const Scalar& threshold, const Tensor& grad_grad,
                     const Tensor& grad, const Tensor& y) {
    const Tensor grad_y = grad_grad * grad * (at::exp(-(y * beta)) * beta);
    const Tensor grad_grad_output =
        Decomposition<ops::softplus_backward_from_result>::of(beta, threshold, grad_grad, y);
    return {grad_grad_output.expand_as(grad_y), grad_y};
  }
};

template <>
struct Decomposition<ops::inverse_softplus> {
  static Tensor of(const Scalar& beta, const Scalar& threshold, const Tensor& y) {
    const Tensor is_linear = y * beta > where_linear(threshold);
    // Where the result is the input, nothing may be infinite or NaN on the way: backward multiplies
    // the derivative there by 0.
    const Tensor beta_y = at::where(is_linear, 1, y * beta);
    return at::where(is_linear, y, (beta_y + at::log(-at::expm1(-beta_y))) / beta);
  }
};

template <>
struct Decomposition<ops::shifted_softplus> {
  // log((1 + exp(beta x)) / 2) / beta, with a small relative error near 0
  static Tensor of(const Scalar& beta, const Scalar& threshold, const Tensor& x) {
    const Tensor beta_x = x * beta;
    const Tensor is_linear = beta_x > where_linear(threshold);
    const Tensor curved = at::log1p(at::expm1(at::where(is_linear, 0, beta_x)) / 2);
    return at::where(is_linear, beta_x - std::numbers::ln2, curved) / beta;
  }
};

template <>
struct Decomposition<ops::softplus_floor> {
  static Tensor of(const Scalar& beta, const Scalar& threshold, const Tensor& x,
                   const Tensor& floor) {
    return Decomposition<ops::softplus>::of(beta, threshold, x) + floor;
  }
};

// The decomposition of op for the sum of the last two tensors, x and a bias.
template <const auto& op>
struct OfSum {
  template <typename... Tensors>
  static ops::Return<op> of(const Scalar& beta, const Scalar& threshold,
                            const Tensors&... tensors) {
    const auto all = std::tie(tensors...);
    return [&]<size_t... i>(std::index_sequence<i...>) {
      return Decomposition<op>::of(beta, threshold, std::get<i>(all)...,
                                   std::get<op.inputs - 1>(all) + std::get<op.inputs>(all));
    }(std::make_index_sequence<op.inputs - 1>());
  }
};

template <>
struct Decomposition<ops::softplus_bias> : OfSum<ops::softplus> {};
template <>
struct Decomposition<ops::softplus_bias_backward> : OfSum<ops::softplus_backward> {};
template <>
struct Decomposition<ops::softplus_bias_double_backward> : OfSum<ops::softplus_double_backward> {};

// ATen's own softplus and its backward compute in opmath.
template <const auto& op>
constexpr bool computes_in_opmath =
    op.kernel == Kernel::softplus || op.kernel == Kernel::softplus_backward;

// The operator, with its results rounded to the dtype of the tensors.
template <const auto& op, typename... Tensors>
ops::Return<op> decomposed(const Scalar& beta, const Scalar& threshold, const Tensors&... tensors) {
  if constexpr (computes_in_opmath<op>) {
    return Decomposition<op>::of(beta, threshold, tensors...);
  } else {
    const auto dtype = std::get<0>(std::tie(tensors...)).scalar_type();
    const auto results =
        Decomposition<op>::of(beta, threshold, tensors.to(at::toOpMathType(dtype))...);
    if constexpr (op.outputs == 1) {
      return results.to(dtype);
    } else {
      return {std::get<0>(results).to(dtype), std::get<1>(results).to(dtype)};
    }
  }
}

}  // namespace fused_softplus::decompositions
