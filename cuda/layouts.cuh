// Where the operands of a call lie in memory. The kernel (kernels.cuh) takes three layouts:
//
//   Contiguous  each operand is one piece of memory, and all of them consist of whole vectors
//   VectorRows  only the outputs consist of rows of whole vectors. An input may be a bias, or a
//               view at any address and with any strides
//   Elements    anything else
//
// A layout has
//
//   using Index;                       // the number of a vector
//   static constexpr bool has_vectors; // or a "vector" is one element
//   char* addresses[count];            // of the operands' first vectors, outputs first
//   int head;                          // the number of elements before them
//   offsets(index, bytes)              // of the vector of so many bytes, in each operand
//   load<Vector>(i, offset)            // this vector of operand i
//   step(i, bytes)                     // between the elements of so many bytes in a row
#pragma once

#include <ATen/TensorIterator.h>
#include <ATen/cuda/CUDAContext.h>

#include <ATen/cuda/detail/OffsetCalculator.cuh>
#include <algorithm>
#include <iterator>

namespace fused_softplus::cuda {

// An architecture is the __CUDA_ARCH__ of its code: 900 for sm_90. This is the one whose code the
// current device runs: of those that nvcc compiles for, the last up to its own.
inline int architecture() {
  static constexpr int compiled[] = {__CUDA_ARCH_LIST__};
  const auto* device = at::cuda::getCurrentDeviceProperties();
  const int own = 100 * device->major + 10 * device->minor;
  const int* newer = std::upper_bound(std::begin(compiled), std::end(compiled), own);
  TORCH_CHECK(newer != std::begin(compiled), "fused_softplus has no kernels for sm_", own / 10,
              ": set TORCH_CUDA_ARCH_LIST when you build it");
  return newer[-1];
}

// The bytes of a vector: what one instruction loads or stores.
constexpr int vector_bytes_for(int architecture) { return architecture < 1000 ? 16 : 32; }

// By how many bytes the address lies behind a multiple of the vectors' size.
inline int misalignment(const void* address, int vector_bytes) {
  return static_cast<int>(reinterpret_cast<uintptr_t>(address) % vector_bytes);
}

// The number of elements from the address to the first whole vector, at most n.
inline int elements_before(const void* address, int vector_bytes, int64_t element_size, int64_t n) {
  const int bytes = (vector_bytes - misalignment(address, vector_bytes)) % vector_bytes;
  return static_cast<int>(std::min(bytes / element_size, n));
}

inline bool are_equally_aligned(c10::ArrayRef<char*> addresses, int vector_bytes) {
  return std::all_of(addresses.begin(), addresses.end(), [&](const char* address) {
    return misalignment(address, vector_bytes) == misalignment(addresses[0], vector_bytes);
  });
}

template <int count>
struct Contiguous {
  using Index = int64_t;
  static constexpr bool has_vectors = true;
  char* addresses[count];
  int head;

  Contiguous(c10::ArrayRef<char*> data, int64_t n, int64_t element_size, int vector_bytes)
      : head(elements_before(data[0], vector_bytes, element_size, n)) {
    std::transform(data.begin(), data.begin() + count, addresses,
                   [&](char* address) { return address + head * element_size; });
  }

  struct Offsets {
    int64_t offset;
    __device__ int64_t operator[](int) const { return offset; }
  };
  __device__ static Offsets offsets(Index index, int bytes) { return {index * bytes}; }
  template <typename Vector>
  __device__ __forceinline__ Vector load(int i, int64_t offset) const {
    return *reinterpret_cast<const Vector*>(addresses[i] + offset);
  }
  __device__ static int64_t step(int, int bytes) { return bytes; }
};

// All offsets are below 2^31. If there are several rows, each consists of whole vectors.
template <int count>
struct VectorRows {
  using Index = uint32_t;
  static constexpr bool has_vectors = true;
  char* addresses[count];
  int head = 0;

  static bool takes(const at::TensorIteratorBase& iterator, int outputs, int vector_bytes) {
    if (iterator.ndim() == 0) {
      return false;
    }
    const int64_t row_bytes = iterator.shape()[0] * iterator.element_size(0);
    const int of_first = misalignment(iterator.data_ptr(0), vector_bytes);
    if (iterator.ndim() > 1 && (of_first != 0 || row_bytes % vector_bytes != 0)) {
      return false;
    }
    for (int i = 0; i < outputs; ++i) {
      if (!has_whole_rows(iterator, i, vector_bytes) ||
          misalignment(iterator.data_ptr(i), vector_bytes) != of_first) {
        return false;
      }
    }
    return true;
  }
  VectorRows(const at::TensorIteratorBase& iterator, int vector_bytes)
      : calculator_(make_offset_calculator<count>(iterator)) {
    const int64_t element_size = iterator.element_size(0), row = iterator.shape()[0];
    const int width = vector_bytes / element_size;
    if (iterator.ndim() == 1) {
      head = elements_before(iterator.data_ptr(0), vector_bytes, element_size, row);
    }
    const int64_t vectors = std::max<int64_t>((row - head) / width, 1);  // 0 cannot divide
    calculator_.sizes_[0] = at::cuda::detail::IntDivider<uint32_t>(vectors);
    for (int i = 0; i < count; ++i) {
      calculator_.strides_[0][i] *= width;
      steps_[i] = iterator.strides(i)[0];
      addresses[i] = static_cast<char*>(iterator.data_ptr(i)) + head * steps_[i];
      has_vectors_[i] = has_whole_rows(iterator, i, vector_bytes) &&
                        misalignment(addresses[i], vector_bytes) == 0;
    }
  }

  __device__ auto offsets(Index index, int) const { return calculator_.get(index); }
  template <typename Vector>
  __device__ __forceinline__ Vector load(int i, uint32_t offset) const {
    const char* address = addresses[i] + offset;
    if (has_vectors_[i]) {
      return *reinterpret_cast<const Vector*>(address);
    }
    Vector vector;
#pragma unroll
    for (auto& value : vector.values) {
      value = *reinterpret_cast<const typename Vector::Element*>(address);
      address += steps_[i];
    }
    return vector;
  }
  __device__ int64_t step(int i, int) const { return steps_[i]; }

 private:
  // Whether a row is contiguous, and all rows are equally far from a whole vector.
  static bool has_whole_rows(const at::TensorIteratorBase& iterator, int i, int vector_bytes) {
    const at::IntArrayRef strides = iterator.strides(i);
    return strides[0] == iterator.element_size(i) &&
           std::all_of(strides.begin() + 1, strides.end(),
                       [&](int64_t stride) { return stride % vector_bytes == 0; });
  }

  OffsetCalculator<count> calculator_;
  int64_t steps_[count];
  bool has_vectors_[count];
};

// All offsets are below 2^31.
template <int count>
struct Elements {
  using Index = uint32_t;
  static constexpr bool has_vectors = false;
  char* addresses[count];
  static constexpr int head = 0;

  explicit Elements(const at::TensorIteratorBase& iterator)
      : calculator_(make_offset_calculator<count>(iterator)) {
    for (int i = 0; i < count; ++i) {
      addresses[i] = static_cast<char*>(iterator.data_ptr(i));
    }
  }

  __device__ auto offsets(Index index, int) const { return calculator_.get(index); }
  template <typename Vector>
  __device__ __forceinline__ Vector load(int i, uint32_t offset) const {
    return *reinterpret_cast<const Vector*>(addresses[i] + offset);
  }

 private:
  OffsetCalculator<count> calculator_;
};

}  // namespace fused_softplus::cuda
