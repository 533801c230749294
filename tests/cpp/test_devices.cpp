// The operators on a device that has no kernels of ours. It is PyTorch's PrivateUse1, with its
// memory in main memory, where every operator of ATen falls back to the CPU.
#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/DeviceType.h>
#include <c10/core/impl/FakeGuardImpl.h>
#include <fused_softplus/softplus.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/library.h>

namespace {

using at::Tensor;

constexpr auto type = c10::DeviceType::PrivateUse1;

const c10::Device& device() {
  static const c10::Device device(type, 0);
  return device;
}

struct Allocator : c10::Allocator {
  c10::DataPtr allocate(size_t size) override {
    c10::DataPtr memory = c10::GetCPUAllocator()->allocate(size);
    void* const address = memory.get();
    return {address, memory.release_context(), c10::GetCPUAllocator()->raw_deleter(), device()};
  }
  void copy_data(void* to, const void* from, size_t size) const override {
    default_copy_data(to, from, size);
  }
};

Allocator allocator;
constexpr c10::DispatchKeySet keys(c10::DispatchKey::PrivateUse1);

Tensor empty(c10::IntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
             std::optional<at::Device>, std::optional<bool>,
             std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, &allocator, keys, dtype.value_or(at::kFloat), format);
}

Tensor empty_strided(c10::IntArrayRef size, c10::IntArrayRef stride,
                     std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                     std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, &allocator, keys,
                                           dtype.value_or(at::kFloat));
}

// The tensor's memory as a tensor on the CPU.
Tensor on_cpu(const Tensor& tensor) {
  return at::from_blob(tensor.data_ptr(), tensor.sizes(), tensor.strides(),
                       tensor.options().device(at::kCPU));
}

Tensor copy_from(const Tensor& self, const Tensor& to, bool) {
  on_cpu(to).copy_(on_cpu(self));
  return to;
}

const Tensor& resize_(const Tensor& self, c10::IntArrayRef size,
                      std::optional<at::MemoryFormat> format) {
  if (self.sizes() != size) {
    const Tensor larger = at::empty(size, self.options(), format);
    self.unsafeGetTensorImpl()->set_storage_keep_dtype(larger.storage());
    self.unsafeGetTensorImpl()->set_sizes_contiguous(size);
  }
  return self;  // NOLINT(bugprone-return-const-ref-from-parameter): what the operator returns
}

Tensor copy_from_and_resize(const Tensor& self, const Tensor& to) {
  return copy_from(self, resize_(to, self.sizes(), std::nullopt), false);
}

void fall_back(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  at::native::cpu_fallback(op, stack);
}

// Autograd asks the process's accelerator for streams, which is this device from then on. Otherwise
// a CUDA build of torch would ask CUDA, whether there is a GPU or not.
struct Accelerator : at::PrivateUse1HooksInterface {
  Accelerator() noexcept {
    c10::register_privateuse1_backend("test");
    at::RegisterPrivateUse1HooksInterface(this);
  }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  bool isAvailable() const override { return true; }
} accelerator;

}  // namespace

C10_REGISTER_GUARD_IMPL(PrivateUse1, c10::impl::FakeGuardImpl<type>);

TORCH_LIBRARY_IMPL(aten, PrivateUse1, m) {
  m.impl("empty.memory_format", empty);
  m.impl("empty_strided", empty_strided);
  m.impl("resize_", resize_);
  m.impl("_copy_from", copy_from);
  m.impl("_copy_from_and_resize", copy_from_and_resize);
  m.impl("as_strided", at::native::as_strided_tensorimpl);
  m.impl("view", at::native::view);
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, m) {
  m.fallback(torch::CppFunction::makeFromBoxedFunction<&fall_back>());
}

namespace {

// Within a few roundings of what the CPU's kernels give.
void expect_close(const Tensor& actual, const Tensor& expected) {
  ASSERT_EQ(actual.device(), device());
  ASSERT_EQ(actual.scalar_type(), expected.scalar_type());
  const double epsilon = expected.scalar_type() == at::kDouble     ? 0x1p-52
                         : expected.scalar_type() == at::kFloat    ? 0x1p-23
                         : expected.scalar_type() == at::kBFloat16 ? 0x1p-7
                                                                   : 0x1p-10;
  EXPECT_TRUE(
      at::allclose(actual.cpu().to(at::kDouble), expected.to(at::kDouble), 40 * epsilon, epsilon))
      << actual.cpu() << expected;
}

using Function = std::function<Tensor(const Tensor&)>;

// The value and the derivatives of the first three orders.
std::vector<Tensor> orders(const Function& function, const Tensor& x) {
  const Tensor leaf = x.detach().requires_grad_();
  std::vector<Tensor> results = {function(leaf)};
  for (int order = 1; order <= 3; ++order) {
    const Tensor last = results.back();
    results.push_back(torch::autograd::grad({last}, {leaf}, {at::ones_like(last)}, true, true)[0]);
  }
  return results;
}

class Devices : public testing::TestWithParam<at::ScalarType> {};

TEST_P(Devices, EveryOrder) {
  const Tensor x = at::linspace(-6, 6, 100, at::kDouble).to(GetParam());
  const Tensor bias = at::full({100}, 0.5, x.options());
  const Function functions[] = {
      [](const Tensor& x) { return fused_softplus::softplus(x, 2, 8); },
      [](const Tensor& x) {
        Tensor y = x * 1;
        return fused_softplus::softplus_(y, 2, 8);
      },
      [](const Tensor& x) {
        Tensor y = x * 1;
        return fused_softplus::softplus_(y, 0.5, INFINITY);  // whose gradient comes from the result
      },
      [&](const Tensor& x) { return fused_softplus::softplus_bias(x, bias.to(x.device()), 2, 8); },
      [](const Tensor& x) { return fused_softplus::inverse_softplus(x.abs() + 1, 2, 8); },
  };
  for (const Function& function : functions) {
    const auto actual = orders(function, x.to(device())), expected = orders(function, x);
    for (size_t order = 0; order < expected.size(); ++order) {
      SCOPED_TRACE(order);
      expect_close(actual[order], expected[order]);
    }
  }
}

TEST_P(Devices, Out) {
  const Tensor x = at::linspace(-6, 6, 100, at::kDouble).to(GetParam());
  Tensor out = at::empty({0}, x.options().device(device()));
  fused_softplus::softplus_out(out, x.to(device()));
  expect_close(out, fused_softplus::softplus(x));
}

TEST(Devices, ErrorsAreThoseOfOtherDevices) {
  const Tensor x = at::ones({3}).to(device());
  EXPECT_THROW(fused_softplus::softplus(x, 0), c10::ValueError);
  EXPECT_THROW(fused_softplus::softplus(x.to(at::kInt)), c10::NotImplementedError);
}

INSTANTIATE_TEST_SUITE_P(Dtypes, Devices,
                         testing::Values(at::kFloat, at::kDouble, at::kHalf, at::kBFloat16));

}  // namespace
