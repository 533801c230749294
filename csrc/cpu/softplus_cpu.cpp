// The operators on the CPU: each thread runs the chosen instruction set's loop over its share.
#include "../elementwise.h"
#include "capability.h"

namespace fused_softplus::cpu {
namespace {

Dtype dtype_of(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return Dtype::float32;
    case at::kDouble:
      return Dtype::float64;
    case at::kHalf:
      return Dtype::float16;
    case at::kBFloat16:
      return Dtype::bfloat16;
    default:
      TORCH_INTERNAL_ASSERT(false, "check_dtype lets no other through");
  }
}

void launch(at::TensorIteratorBase& iterator, Kernel kernel, double beta, double threshold) {
  const Loop loop = find_loop(kernel, dtype_of(iterator.dtype(0)));
  iterator.for_each([=](char** data, const int64_t* strides, int64_t n) {
    loop(beta, threshold, data, strides, n);
  });
}

}  // namespace
}  // namespace fused_softplus::cpu

TORCH_LIBRARY_IMPL(fused_softplus, CPU, m) {
  fused_softplus::Elementwise<fused_softplus::cpu::launch>::register_in(m);
}
