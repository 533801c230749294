// The operators' kernels over tensors. They check the arguments, allocate or resize the outputs,
// and leave other than contiguous layouts to TensorIterator. A device adds only how a kernel runs
// over memory.
#pragma once

#include <ATen/TensorIterator.h>

#include <algorithm>

#include "csrc/dispatch/arguments.h"
#include "csrc/dispatch/operators.h"
#include "csrc/dispatch/rows.h"

namespace fused_softplus {

// Device has
//   class Guard;  // makes the tensors' c10::Device, its argument, the current one in its scope
//   // Runs kernel over the iterator's elements: outputs first, then inputs, all of one dtype.
//   static void run(at::TensorIteratorBase& iterator, Kernel kernel, double beta,
//                   double threshold);
//   // Whether a contiguous tensor needs no iterator. If so, the next two functions are called.
//   static bool takes_contiguous(const at::Tensor& tensor);
//   // Whether one input may then lie along a dimension of the others.
//   static constexpr bool takes_rows;
//   static at::Tensor empty_like_contiguous(const at::Tensor& tensor);
//   static void run_contiguous(at::ScalarType dtype, const Rows& rows, Kernel kernel, double beta,
//                              double threshold);
template <typename Device>
struct Elementwise {
  using Tensor = at::Tensor;
  using Scalar = at::Scalar;

  static void register_in(torch::Library& m) {
    ops::implement<Elementwise>(m);
    m.impl("softplus.out", softplus_out);
    ops::implement_in_place<Elementwise>(m);
  }

  template <const auto& op, typename... Args>
  static ops::Return<op> kernel(Args... args) {
    return ops::split<op>(
        [](const Scalar& beta, const Scalar& threshold, const auto&... tensors) -> ops::Return<op> {
          Tensor first;
          if constexpr (op.outputs == 1) {
            run<op>({&first}, {&tensors...}, beta, threshold);
            return first;
          } else {
            Tensor second;
            run<op>({&first, &second}, {&tensors...}, beta, threshold);
            return {first, second};
          }
        },
        args...);
  }

  template <const auto& op>
  static Tensor& in_place(Tensor& self, const Scalar& beta, const Scalar& threshold) {
    run<op>({&self}, {&self}, beta, threshold);
    return self;
  }

 private:
  static Tensor& softplus_out(const Tensor& self, const Scalar& beta, const Scalar& threshold,
                              Tensor& out) {
    run<ops::softplus>({&out}, {&self}, beta, threshold);
    return out;
  }

  // Allocates an undefined output as ATen's elementwise operators do, and resizes a defined one.
  // Refuses tensors of different dtypes or devices, and outputs that partly overlap an input.
  template <const auto& op>
  static void run(std::initializer_list<Tensor*> outputs,
                  std::initializer_list<const Tensor*> inputs, const Scalar& beta,
                  const Scalar& threshold) {
    check_dtypes(op.name, inputs);
    const auto dtype = (*inputs.begin())->scalar_type();
    const double beta_value = checked_beta(op.name, beta, dtype);
    const double threshold_value = checked_threshold(op.name, threshold);
    run(op.kernel, outputs, inputs, beta_value, threshold_value);
  }

  static void run(Kernel kernel, std::initializer_list<Tensor*> outputs,
                  std::initializer_list<const Tensor*> inputs, double beta, double threshold) {
    const typename Device::Guard guard((*inputs.begin())->device());
    if (needs_no_iterator(outputs, inputs)) {
      return run_contiguous(kernel, outputs, inputs, beta, threshold);
    }
    at::TensorIteratorConfig config;
    for (const Tensor* output : outputs) {
      config.add_output(*output);
    }
    for (const Tensor* input : inputs) {
      config.add_const_input(*input);
    }
    at::TensorIterator iterator = config.build();
    Device::run(iterator, kernel, beta, threshold);
    int i = 0;
    for (Tensor* output : outputs) {
      *output = iterator.output(i++);
    }
  }

  // An iterator takes most of a small call's time. None is needed if all tensors are contiguous and
  // of one size, apart from one input that may lie along a dimension, and no output aliases an
  // input unless they are the same tensor.
  static bool needs_no_iterator(std::initializer_list<Tensor*> outputs,
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
