// Splits contiguous tensors into rows where one input lies along a dimension of the others, as a
// bias does.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/SmallVector.h>

#include <algorithm>

namespace fused_softplus {

// Whether the tensor has the strides of a new contiguous tensor, in dimensions of size 1, too.
inline bool has_default_strides(const at::Tensor& tensor) {
  int64_t stride = 1;
  for (int64_t dim = tensor.dim() - 1; dim >= 0; --dim) {
    if (tensor.stride(dim) != stride) {
      return false;
    }
    stride *= std::max<int64_t>(tensor.size(dim), 1);
  }
  return true;
}

// Whether the tensor is contiguous, and is either one number or lies along one dimension of the
// other tensor.
inline bool is_along(const at::Tensor& tensor, const at::Tensor& other) {
  if (!tensor.is_contiguous() || tensor.device() != other.device() || tensor.dim() > other.dim() ||
      !has_default_strides(other)) {
    return false;
  }
  bool found = false;
  for (int64_t dim = -tensor.dim(); dim < 0; ++dim) {
    if (tensor.size(dim) != 1) {
      if (found || tensor.size(dim) != other.size(dim)) {
        return false;
      }
      found = true;
    }
  }
  return true;
}

// The operands of a loop over `count` rows of `n` elements each, outputs first.
class Rows {
 public:
  // along: the input that lies along a dimension of the others, or null.
  Rows(const at::Tensor& tensor, const at::Tensor* along)
      : n(tensor.numel()), element_size_(tensor.element_size()) {
    if (along && n != 0) {
      const int64_t behind = elements_behind(*along, tensor);
      along_is_a_row_ = behind == 1;
      n = along_is_a_row_ ? along->numel() : behind;
      period = along_is_a_row_ ? 1 : along->numel();
      count = tensor.numel() / n;
    }
  }

  void add_output(char* address) {
    ++outputs;
    add(address, element_size_, n * element_size_);
  }
  void add_input(char* address) { add(address, element_size_, n * element_size_); }
  void add_input_along(char* address) {
    add(address, along_is_a_row_ ? element_size_ : 0, along_is_a_row_ ? 0 : element_size_);
  }

  int64_t n, count = 1;
  int64_t period = 1;  // the number of rows after which the input along a dimension repeats
  int outputs = 0;
  c10::SmallVector<char*, 6> addresses;
  c10::SmallVector<int64_t, 6> strides, row_strides;  // in bytes

 private:
  // The number of elements behind the dimension that the tensor lies along.
  static int64_t elements_behind(const at::Tensor& along, const at::Tensor& tensor) {
    int64_t elements = 1;
    for (int64_t dim = -1; dim >= -tensor.dim(); --dim) {
      if (-dim <= along.dim() && along.size(dim) != 1) {
        break;
      }
      elements *= tensor.size(dim);
    }
    return elements;
  }

  void add(char* address, int64_t stride, int64_t row_stride) {
    addresses.push_back(address);
    strides.push_back(stride);
    row_strides.push_back(row_stride);
  }

  int64_t element_size_;
  bool along_is_a_row_ = false;
};

}  // namespace fused_softplus
