// Registers kernels with torch's dispatcher.
#pragma once

#include <torch/library.h>

#include <optional>

namespace fused_softplus {

// A block of kernels for one dispatch key, registered when the library is loaded, as with
// TORCH_LIBRARY_IMPL: what fails there ends the process. A second copy of the library registers
// nothing: torch ends the process if an operator is defined twice.
//
//   void implement(torch::Library& m) { m.impl("softplus", softplus); }
//   const Registration meta(c10::DispatchKey::Meta, implement);
class Registration {
 public:
  using Implement = void (*)(torch::Library& m);

  // file and line are the caller's; the dispatcher names them in its messages.
  Registration(c10::DispatchKey key, Implement implement, const char* file = __builtin_FILE(),
               int line = __builtin_LINE()) noexcept
      : Registration(torch::Library::IMPL, key, implement, file, line) {}
  // Defines the operators. (TORCH_LIBRARY would end the process if the namespace is taken.)
  explicit Registration(Implement define, const char* file = __builtin_FILE(),
                        int line = __builtin_LINE()) noexcept
      : Registration(torch::Library::FRAGMENT, std::nullopt, define, file, line) {}

 private:
  Registration(torch::Library::Kind kind, std::optional<c10::DispatchKey> key, Implement implement,
               const char* file, int line);

  std::optional<torch::Library> library_;
};

// The same for operators that consist of others.
class CompositeRegistration {
 public:
  explicit CompositeRegistration(Registration::Implement implement,
                                 const char* file = __builtin_FILE(),
                                 int line = __builtin_LINE()) noexcept
      : composites_(c10::DispatchKey::CompositeImplicitAutograd, implement, file, line),
        batching_rules_(c10::DispatchKey::FuncTorchBatchedDecomposition, implement, file, line) {}

 private:
  Registration composites_;
  Registration batching_rules_;  // vmap looks for such operators under this key alone.
};

}  // namespace fused_softplus
