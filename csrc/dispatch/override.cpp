// enable(): from then on, aten::softplus computes with our kernels, for F.softplus, nn.Softplus,
// TorchScript and C++.
//
// The kernels here stand in front of ATen's. They take plain CPU and CUDA tensors, and call the
// kernel that stood there before for everything else: other dtypes and numbers, subclasses,
// dispatch modes, functionalization. Every tracer (torch.export, torch.compile, make_fx, ONNX) is
// one of these, and so sees aten.softplus as before. A traced program must not depend on this
// library: it may be run, or taken from a cache on disk, by a process that does not have it.
#include <ATen/core/dispatch/Dispatcher.h>
#include <fused_softplus/softplus.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>

#include "csrc/dispatch/arguments.h"
#include "csrc/dispatch/autograd.h"
#include "csrc/dispatch/operators.h"
#include "csrc/dispatch/registration.h"

namespace fused_softplus {
namespace {

using at::Scalar;
using at::Tensor;
using c10::DispatchKey;
using c10::DispatchKeySet;

// The dispatch keys of a call on plain tensors, under grad transforms of torch.func or none.
constexpr DispatchKeySet plain_keys =
    DispatchKeySet({DispatchKey::BackendSelect, DispatchKey::ADInplaceOrView,
                    DispatchKey::AutogradFunctionality, DispatchKey::Dense,
                    DispatchKey::FuncTorchDynamicLayerBackMode,
                    DispatchKey::FuncTorchGradWrapper}) |
    DispatchKeySet({c10::BackendComponent::CPUBit, c10::BackendComponent::CUDABit});

// Whether our operator takes these arguments. (Built without CUDA, it has no kernel there.)
bool applies(DispatchKeySet keys, const Tensor& self, const Scalar& beta, const Scalar& threshold) {
  static const bool has_cuda =
      ops::handle<ops::softplus>().hasKernelForDispatchKey(DispatchKey::CUDA);
  return (keys.raw_repr() & ~plain_keys.raw_repr()) == 0 && (has_cuda || self.is_cpu()) &&
         takes(self.scalar_type(), beta, threshold);
}

// The kernel of an operator of ATen that is called for a key.
class Previous {
 public:
  Previous(const char* overload, DispatchKey key)
      : op_(c10::Dispatcher::singleton().findSchemaOrThrow("aten::softplus", overload)),
        kernel_(op_.getComputedKernelForDispatchKey(key)) {}

  template <typename... Args>
  Tensor call(DispatchKeySet keys, const Args&... args) const {
    torch::jit::Stack stack = {args...};
    kernel_.callBoxed(op_, keys, &stack);
    return std::move(stack[0]).toTensor();
  }

 private:
  c10::OperatorHandle op_;
  c10::SafeKernelFunction kernel_;
};

template <DispatchKey key>
struct Override {
  static inline std::unique_ptr<const Previous> previous, previous_out;

  static Tensor softplus(DispatchKeySet keys, const Tensor& self, const Scalar& beta,
                         const Scalar& threshold) {
    return applies(keys, self, beta, threshold)
               ? ops::handle<ops::softplus>().redispatch(keys, self, beta, threshold)
               : previous->call(keys, self, beta, threshold);
  }

  static Tensor& softplus_out(DispatchKeySet keys, const Tensor& self, const Scalar& beta,
                              const Scalar& threshold, Tensor& out) {
    if (applies(keys, self, beta, threshold) && out.scalar_type() == self.scalar_type() &&
        !is_differentiated(self, out)) {
      return ops::softplus_out().redispatch(keys, self, beta, threshold, out);
    }
    previous_out->call(keys, self, beta, threshold, out);
    return out;
  }

  static void implement(torch::Library& m) {
    const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("aten::softplus", "");
    if (op.hasComputedKernelForDispatchKey(key)) {
      previous = std::make_unique<const Previous>("", key);
      previous_out = std::make_unique<const Previous>("out", key);
      m.impl("softplus", torch::dispatch(key, softplus));
      m.impl("softplus.out", torch::dispatch(key, softplus_out));
    }
  }
};

// torch warns of a kernel that takes the place of another one, which is what is meant here.
struct NoWarnings : c10::WarningHandler {
  void process(const c10::Warning&) override {}
};

std::unique_ptr<torch::Library> register_overrides() {
  NoWarnings handler;
  const c10::WarningUtils::WarningHandlerGuard guard(&handler);
  auto library = std::make_unique<torch::Library>(torch::Library::IMPL, "aten", std::nullopt,
                                                  __FILE__, __LINE__);
  Override<DispatchKey::AutogradCPU>::implement(*library);
  Override<DispatchKey::AutogradCUDA>::implement(*library);
  // For tensors of inference mode, which skip autograd.
  Override<DispatchKey::CPU>::implement(*library);
  Override<DispatchKey::CUDA>::implement(*library);
  return library;
}

std::mutex mutex;
std::atomic<int64_t> count = 0;             // of the calls of enable() without disable()
std::unique_ptr<torch::Library> overrides;  // registered as long as this lives

void enable_here() {
  const std::lock_guard lock(mutex);
  if (count++ == 0) {
    overrides = register_overrides();
  }
}

void disable_here() {
  const std::lock_guard lock(mutex);
  TORCH_CHECK(count > 0, "fused_softplus::disable(): it is not enabled");
  if (--count == 0) {
    overrides.reset();
  }
}

bool is_enabled_here() { return count > 0; }

// They are operators, so that there is one state where two copies of the library are loaded.
void define(torch::Library& m) {
  m.def("_enable() -> ()", enable_here);
  m.def("_disable() -> ()", disable_here);
  m.def("_is_enabled() -> bool", is_enabled_here);
  const char* const variable = std::getenv("FUSED_SOFTPLUS_ENABLE");
  if (variable && std::string_view(variable) != "" && std::string_view(variable) != "0") {
    enable_here();
  }
}

const Registration definitions(define);

}  // namespace

void enable() { ops::find<void()>("_enable").call(); }

void disable() { ops::find<void()>("_disable").call(); }

bool is_enabled() { return ops::find<bool()>("_is_enabled").call(); }

}  // namespace fused_softplus
