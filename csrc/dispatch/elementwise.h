// The operators as kernels over tensors: arguments checked, outputs allocated or resized, layouts
// walked by TensorIterator. A device adds only how a kernel runs over memory, and registers the
// rest under its dispatch key.
#pragma once

#include <ATen/TensorIterator.h>
#include <torch/library.h>

#include <algorithm>
#include <limits>

#include "csrc/dispatch/arguments.h"
#include "csrc/dispatch/rows.h"
#include "csrc/math/kernel.h"

namespace fused_softplus {

// Device has
//   class Guard;  // made from the tensors' c10::Device: makes it the current one while it lives
//   // Runs kernel over the iterator's elements: outputs first, then inputs, all of one dtype.
//   static void run(at::TensorIteratorBase& iterator, Kernel kernel, double beta,
//                   double threshold);
//   // Whether a contiguous tensor needs no iterator, and whether an input may then lie along a
//   // dimension.
//   static bool takes_contiguous(const at::Tensor& tensor);
//   static constexpr bool takes_rows;
//   // What is then called: a new tensor like this one, and run over rows.
//   static at::Tensor empty_like_contiguous(const at::Tensor& tensor);
//   static void run_contiguous(at::ScalarType dtype, const Rows& rows, Kernel kernel, double beta,
//                              double threshold);
template <typename Device>
struct Elementwise {
  using Tensor = at::Tensor;
  using Scalar = at::Scalar;

  static Tensor softplus(const Tensor& self, const Scalar& beta, const Scalar& threshold) {
    Tensor out;
    return softplus_out(self, beta, threshold, out);
  }

  static Tensor& softplus_(Tensor& self, const Scalar& beta, const Scalar& threshold) {
    return softplus_out(self, beta, threshold, self);
  }

  static Tensor& softplus_out(const Tensor& self, const Scalar& beta, const Scalar& threshold,
                              Tensor& out) {
    run("fused_softplus::softplus", Kernel::softplus, {&out}, {&self}, beta, threshold);
    return out;
  }

  static Tensor softplus_backward(const Tensor& grad_output, const Tensor& self, const Scalar& beta,
                                  const Scalar& threshold) {
    Tensor grad_input;
    return softplus_backward_grad_input(grad_output, self, beta, threshold, grad_input);
  }

  static Tensor& softplus_backward_grad_input(const Tensor& grad_output, const Tensor& self,
                                              const Scalar& beta, const Scalar& threshold,
                                              Tensor& grad_input) {
    run("fused_softplus::softplus_backward", Kernel::softplus_backward, {&grad_input},
        {&grad_output, &self}, beta, threshold);
    return grad_input;
  }

  static Tensor softplus_backward_from_result(const Tensor& grad_output, const Tensor& result,
                                              const Scalar& beta) {
    Tensor grad_input;
    run("fused_softplus::softplus_backward_from_result", Kernel::softplus_backward_from_result,
        {&grad_input}, {&grad_output, &result}, beta, never_linear);
    return grad_input;
  }

  static std::tuple<Tensor, Tensor> softplus_double_backward(const Tensor& grad_grad_input,
                                                             const Tensor& grad_output,
                                                             const Tensor& self, const Scalar& beta,
                                                             const Scalar& threshold) {
    Tensor grad_grad_output, grad_self;
    run("fused_softplus::softplus_double_backward", Kernel::softplus_double_backward,
        {&grad_grad_output, &grad_self}, {&grad_grad_input, &grad_output, &self}, beta, threshold);
    return {grad_grad_output, grad_self};
  }

  static std::tuple<Tensor, Tensor> softplus_double_backward_from_result(
      const Tensor& grad_grad_input, const Tensor& grad_output, const Tensor& result,
      const Scalar& beta) {
    Tensor grad_grad_output, grad_result;
    run("fused_softplus::softplus_double_backward_from_result",
        Kernel::softplus_double_backward_from_result, {&grad_grad_output, &grad_result},
        {&grad_grad_input, &grad_output, &result}, beta, never_linear);
    return {grad_grad_output, grad_result};
  }

  static Tensor softplus_bias(const Tensor& self, const Tensor& bias, const Scalar& beta,
                              const Scalar& threshold) {
    Tensor out;
    run("fused_softplus::softplus_bias", Kernel::softplus_bias, {&out}, {&self, &bias}, beta,
        threshold);
    return out;
  }

  static Tensor softplus_bias_backward(const Tensor& grad_output, const Tensor& self,
                                       const Tensor& bias, const Scalar& beta,
                                       const Scalar& threshold) {
    Tensor grad_sum;
    run("fused_softplus::softplus_bias_backward", Kernel::softplus_bias_backward, {&grad_sum},
        {&grad_output, &self, &bias}, beta, threshold);
    return grad_sum;
  }

  static std::tuple<Tensor, Tensor> softplus_bias_double_backward(
      const Tensor& grad_grad_sum, const Tensor& grad_output, const Tensor& self,
      const Tensor& bias, const Scalar& beta, const Scalar& threshold) {
    Tensor grad_grad_output, grad_sum;
    run("fused_softplus::softplus_bias_double_backward", Kernel::softplus_bias_double_backward,
        {&grad_grad_output, &grad_sum}, {&grad_grad_sum, &grad_output, &self, &bias}, beta,
        threshold);
    return {grad_grad_output, grad_sum};
  }

  static Tensor inverse_softplus(const Tensor& self, const Scalar& beta, const Scalar& threshold) {
    Tensor out;
    run("fused_softplus::inverse_softplus", Kernel::inverse_softplus, {&out}, {&self}, beta,
        threshold);
    return out;
  }

  static void register_in(torch::Library& m) {
    m.impl("softplus", softplus);
    m.impl("softplus.out", softplus_out);
    m.impl("softplus_", softplus_);
    m.impl("softplus_backward", softplus_backward);
    m.impl("softplus_backward.grad_input", softplus_backward_grad_input);
    m.impl("softplus_backward_from_result", softplus_backward_from_result);
    m.impl("softplus_double_backward", softplus_double_backward);
    m.impl("softplus_double_backward_from_result", softplus_double_backward_from_result);
    m.impl("softplus_bias", softplus_bias);
    m.impl("softplus_bias_backward", softplus_bias_backward);
    m.impl("softplus_bias_double_backward", softplus_bias_double_backward);
    m.impl("inverse_softplus", inverse_softplus);
  }

 private:
  static constexpr double never_linear = std::numeric_limits<double>::infinity();

  // An undefined output is allocated as ATen's elementwise operators would; a defined one is
  // resized. Different dtypes or devices, and partly overlapping memory, are refused.
  static void run(const char* name, Kernel kernel, std::initializer_list<Tensor*> outputs,
                  std::initializer_list<const Tensor*> inputs, const Scalar& beta,
                  const Scalar& threshold) {
    check_dtypes(name, inputs);
    const auto dtype = (*inputs.begin())->scalar_type();
    const double beta_value = checked_beta(name, beta, dtype);
    const double threshold_value = checked_threshold(name, threshold);
    const typename Device::Guard guard((*inputs.begin())->device());
    if (plain(outputs, inputs)) {
      return run_contiguous(kernel, outputs, inputs, beta_value, threshold_value);
    }
    at::TensorIteratorConfig config;
    for (const Tensor* output : outputs) {
      config.add_output(*output);
    }
    for (const Tensor* input : inputs) {
      config.add_const_input(*input);
    }
    at::TensorIterator iterator = config.build();
    Device::run(iterator, kernel, beta_value, threshold_value);
    int i = 0;
    for (Tensor* output : outputs) {
      *output = iterator.output(i++);
    }
  }

  // Whether the tensors need nothing of what an iterator does, which takes most of a small call's
  // time. All are contiguous and of one size, but for one input, which may lie along a dimension;
  // and no output aliases an input unless they are the same tensor.
  static bool plain(std::initializer_list<Tensor*> outputs,
                    std::initializer_list<const Tensor*> inputs) {
    const Tensor& first = **inputs.begin();
    const auto fits = [&](const Tensor* tensor) {
      return tensor->is_contiguous() && tensor->sizes() == first.sizes() &&
             tensor->device() == first.device() && Device::takes_contiguous(*tensor);
    };
    int others = 0;
    for (const Tensor* input : inputs) {
      if (!fits(input)) {
        ++others;
        if (!Device::takes_rows || others > 1 || !fits(&first) || !is_along(*input, first)) {
          return false;
        }
      }
    }
    return std::all_of(outputs.begin(), outputs.end(), [&](const Tensor* output) {
      return !output->defined() ||
             (fits(output) && output->scalar_type() == first.scalar_type() &&
              std::all_of(inputs.begin(), inputs.end(), [&](const Tensor* input) {
                return output->is_same(*input) || !output->is_alias_of(*input);
              }));
    });
  }

  static void run_contiguous(Kernel kernel, std::initializer_list<Tensor*> outputs,
                             std::initializer_list<const Tensor*> inputs, double beta,
                             double threshold) {
    const Tensor& first = **inputs.begin();
    const Tensor* along = nullptr;
    for (const Tensor* input : inputs) {
      along = input->numel() == first.numel() ? along : input;
    }
    Rows rows(first, along);
    for (Tensor* output : outputs) {
      if (!output->defined()) {
        *output = Device::empty_like_contiguous(first);
      }
      rows.add_output(static_cast<char*>(output->mutable_data_ptr()));
    }
    for (const Tensor* input : inputs) {
      auto* const address = static_cast<char*>(const_cast<void*>(input->const_data_ptr()));
      input == along ? rows.add_input_along(address) : rows.add_input(address);
    }
    Device::run_contiguous(first.scalar_type(), rows, kernel, beta, threshold);
  }
};

}  // namespace fused_softplus
