// The list of operators. What every operator has follows from its row here: its schema
// (operators.cpp), its kernels on each device (elementwise.h), for shapes alone (meta.cpp) and for
// vmap (vmap.cpp), and its twin for torch.compile (numbers.cpp). Its derivative is in
// autograd_rules.h and its decomposition into ATen's operators in decompositions.h. softplus.out is
// written out in each file, and so are the operators of bias.cpp, floor.cpp and beta.cpp, which
// consist of others.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/library.h>

#include <limits>
#include <string>
#include <tuple>
#include <utility>

#include "csrc/math/kernel.h"

namespace fused_softplus::ops {

using at::Scalar;
using at::Tensor;

// An elementwise operator of tensors, beta and, if it has a linear branch, threshold.
template <typename Signature>
struct Operator;

template <typename R, typename... Args>
struct Operator<R(Args...)> {
  using Signature = R(Args...);
  using Return = R;
  static constexpr int inputs = (0 + ... + int(std::is_same_v<Args, const Tensor&>));
  static constexpr int outputs = std::is_same_v<R, Tensor> ? 1 : 2;
  static constexpr bool takes_threshold = sizeof...(Args) == inputs + 2;

  Kernel kernel{};
  int order = 0;  // 0 for a function, 1 for its gradient, 2 for the gradients of that
  const char* name = nullptr;
  const char* schema = nullptr;  // what follows the name
};

// The C++ types are written out, since nvcc cannot take them from functions with default arguments.
using T = const Tensor&;
using S = const Scalar&;
using Two = std::tuple<Tensor, Tensor>;

inline constexpr Operator<Tensor(T, S, S)> softplus = {
    Kernel::softplus, 0, "softplus", "(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor"};

inline constexpr Operator<Tensor(T, T, S, S)> softplus_backward = {
    Kernel::softplus_backward, 1, "softplus_backward",
    "(Tensor grad_output, Tensor self, Scalar beta, Scalar threshold) -> Tensor"};

inline constexpr Operator<Tensor(T, T, S)> softplus_backward_from_result = {
    Kernel::softplus_backward_from_result, 1, "softplus_backward_from_result",
    "(Tensor grad_output, Tensor result, Scalar beta) -> Tensor"};

inline constexpr Operator<Two(T, T, T, S, S)> softplus_double_backward = {
    Kernel::softplus_double_backward, 2, "softplus_double_backward",
    "(Tensor grad_grad_input, Tensor grad_output, Tensor self, Scalar beta, Scalar threshold) "
    "-> (Tensor, Tensor)"};

inline constexpr Operator<Two(T, T, T, S)> softplus_double_backward_from_result = {
    Kernel::softplus_double_backward_from_result, 2, "softplus_double_backward_from_result",
    "(Tensor grad_grad_input, Tensor grad_output, Tensor result, Scalar beta) "
    "-> (Tensor, Tensor)"};

inline constexpr Operator<Tensor(T, T, S, S)> softplus_bias = {
    Kernel::softplus_bias, 0, "softplus_bias",
    "(Tensor self, Tensor bias, Scalar beta=1, Scalar threshold=20) -> Tensor"};

inline constexpr Operator<Tensor(T, T, T, S, S)> softplus_bias_backward = {
    Kernel::softplus_bias_backward, 1, "softplus_bias_backward",
    "(Tensor grad_output, Tensor self, Tensor bias, Scalar beta, Scalar threshold) -> Tensor"};

inline constexpr Operator<Two(T, T, T, T, S, S)> softplus_bias_double_backward = {
    Kernel::softplus_bias_double_backward, 2, "softplus_bias_double_backward",
    "(Tensor grad_grad_sum, Tensor grad_output, Tensor self, Tensor bias, Scalar beta, "
    "Scalar threshold) -> (Tensor, Tensor)"};

inline constexpr Operator<Tensor(T, S, S)> inverse_softplus = {
    Kernel::inverse_softplus, 0, "inverse_softplus",
    "(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor"};

inline constexpr Operator<Tensor(T, S, S)> shifted_softplus = {
    Kernel::shifted_softplus, 0, "shifted_softplus",
    "(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor"};

inline constexpr Operator<Tensor(T, T, S, S)> softplus_floor = {
    Kernel::softplus_floor, 0, "softplus_floor",
    "(Tensor self, Tensor floor, Scalar beta=1, Scalar threshold=20) -> Tensor"};

template <const auto&... operators>
struct List {
  // Calls visit.operator()<op>() for each operator.
  template <typename Visit>
  static void for_each(const Visit& visit) {
    (visit.template operator()<operators>(), ...);
  }
};

using All =
    List<softplus, softplus_backward, softplus_backward_from_result, softplus_double_backward,
         softplus_double_backward_from_result, softplus_bias, softplus_bias_backward,
         softplus_bias_double_backward, inverse_softplus, shifted_softplus, softplus_floor>;

// These also exist in place, with an underscore behind the name.
using InPlace = List<softplus, shifted_softplus>;

// ---- Calls -------------------------------------------------------------------------------------

template <const auto& op>
using Return = typename std::remove_cvref_t<decltype(op)>::Return;

template <typename Signature>
c10::TypedOperatorHandle<Signature> find(const char* name, const char* overload = "") {
  const std::string qualified = std::string("fused_softplus::") + name;
  return c10::Dispatcher::singleton()
      .findSchemaOrThrow(qualified.c_str(), overload)
      .typed<Signature>();
}

// The operator's handle. It is looked up when it is first needed, since kernels may be registered
// before the operators are.
template <const auto& op>
const auto& handle() {
  static const auto found = find<typename std::remove_cvref_t<decltype(op)>::Signature>(op.name);
  return found;
}

// Calls function with the operator's arguments in order: without threshold if it takes none.
template <const auto& op, typename Function, typename... Tensors>
Return<op> with_arguments(const Function& function, const Scalar& beta, const Scalar& threshold,
                          const Tensors&... tensors) {
  if constexpr (op.takes_threshold) {
    return function(tensors..., beta, threshold);
  } else {
    return function(tensors..., beta);
  }
}

template <const auto& op, typename... Tensors>
Return<op> call(const Scalar& beta, const Scalar& threshold, const Tensors&... tensors) {
  return with_arguments<op>([](const auto&... all) { return handle<op>().call(all...); }, beta,
                            threshold, tensors...);
}

// The opposite: calls visit(beta, threshold, tensors...) with the operator's arguments. threshold
// is infinity if it takes none.
template <const auto& op, typename Visit, typename... Args>
Return<op> split(const Visit& visit, const Args&... args) {
  const auto all = std::tie(args...);
  return [&]<size_t... i>(std::index_sequence<i...>) {
    if constexpr (op.takes_threshold) {
      return visit(std::get<op.inputs>(all), std::get<op.inputs + 1>(all), std::get<i>(all)...);
    } else {
      return visit(std::get<op.inputs>(all), Scalar(std::numeric_limits<double>::infinity()),
                   std::get<i>(all)...);
    }
  }(std::make_index_sequence<op.inputs>());
}

template <const auto& op>
std::string in_place_name() {
  return std::string(op.name) + "_";
}

// The handle of the operator in place.
template <const auto& op>
const auto& in_place() {
  static const auto found = find<Tensor&(Tensor&, S, S)>(in_place_name<op>().c_str());
  return found;
}

// ---- Kernels -----------------------------------------------------------------------------------

namespace detail {

template <typename Kernels, const auto& op, typename R, typename... Args>
void implement(torch::Library& m, const Operator<R(Args...)>&) {
  m.impl(op.name, &Kernels::template kernel<op, Args...>);
}

}  // namespace detail

// Registers Kernels::kernel<op, Args...> for each operator op of the list. Args are the types of
// its arguments, which may follow a c10::DispatchKeySet.
template <typename Kernels, typename Operators = All>
void implement(torch::Library& m) {
  Operators::for_each([&]<const auto & op>() { detail::implement<Kernels, op>(m, op); });
}

// Registers Kernels::in_place<op> for each operator in place.
template <typename Kernels>
void implement_in_place(torch::Library& m) {
  InPlace::for_each([&]<const auto & op>() {
    m.impl(in_place_name<op>().c_str(), &Kernels::template in_place<op>);
  });
}

// ---- The operators that are not in the list ----------------------------------------------------

inline const auto& softplus_out() {
  static const auto op = find<Tensor&(T, S, S, Tensor&)>("softplus", "out");
  return op;
}

// The handle of another overload of op, which has no other one of this signature.
template <const auto& op, typename Signature>
const auto& overload(const char* name) {
  static const auto found = find<Signature>(op.name, name);
  return found;
}

template <const auto& op>
Tensor with_tensor_beta(T self, T beta, S threshold) {
  return overload<op, Tensor(T, T, S)>("tensor_beta").call(self, beta, threshold);
}

template <const auto& op>
Tensor with_floor(T self, S beta, S threshold, S floor) {
  return overload<op, Tensor(T, S, S, S)>("floor").call(self, beta, threshold, floor);
}

inline Tensor with_bias(T self, S beta, S threshold, const std::optional<Tensor>& bias,
                        int64_t dim) {
  using Signature = Tensor(T, S, S, const std::optional<Tensor>&, int64_t);
  return overload<softplus, Signature>("bias").call(self, beta, threshold, bias, dim);
}

inline Tensor with_bias(T self, S beta, S threshold, S bias, int64_t dim) {
  using Signature = Tensor(T, S, S, S, int64_t);
  return overload<softplus, Signature>("number_bias").call(self, beta, threshold, bias, dim);
}

}  // namespace fused_softplus::ops
