// Batching rules for torch.vmap and the parts of torch.func that are built on it. A call on batched
// tensors becomes one call on the tensors inside them. softplus.out has no rule, and neither has
// ATen's: its result may need more room than an out that is not batched has.
#include <ATen/ATen.h>
#include <ATen/functorch/DynamicLayer.h>
#include <ATen/functorch/PlumbingHelper.h>

#include "csrc/dispatch/operators.h"
#include "csrc/dispatch/registration.h"

namespace fused_softplus {
namespace {

using at::Scalar;
using at::Tensor;

// The vmap that is being computed. In the scope of this object, calls go to the levels below it.
class Level {
 public:
  Level() {
    const auto layer = at::functorch::maybeCurrentDynamicLayer();
    TORCH_CHECK(layer.has_value(),
                "fused_softplus: this tensor may have escaped from a function being vmapped");
    id_ = layer->layerId();
  }

  int64_t id() const { return id_; }

 private:
  int64_t id_;
  c10::impl::ExcludeDispatchKeyGuard below_{c10::DispatchKey::FuncTorchBatched};
};

// The tensor inside a batched tensor. Its batch dimension comes first, and the others are aligned
// from the right to the logical rank that all inputs broadcast to.
Tensor physical(const Tensor& tensor, int64_t level, int64_t rank) {
  auto [value, batch] = at::functorch::unwrapTensorAtLevel(tensor, level);
  if (!batch) {
    return value;
  }
  value = value.movedim(*batch, 0);
  while (value.dim() <= rank) {
    value = value.unsqueeze(1);
  }
  return value;
}

Scalar physical(const Scalar& scalar, int64_t, int64_t) { return scalar; }

struct Batched {
  template <const auto& op, typename... Args>
  static ops::Return<op> kernel(Args... args) {
    const Level level;
    int64_t rank = 0;
    std::optional<int64_t> batch;
    const auto look = [&](const auto& argument) {
      if constexpr (std::is_same_v<decltype(argument), const Tensor&>) {
        rank = std::max(rank, argument.dim());
        if (at::functorch::isBatchedAtLevel(argument, level.id())) {
          batch = 0;
        }
      }
    };
    (look(args), ...);
    const auto logical = [&](Tensor result) {
      return at::functorch::makeBatched(std::move(result), batch, level.id());
    };
    auto results = ops::handle<op>().call(physical(args, level.id(), rank)...);
    if constexpr (op.outputs == 1) {
      return logical(std::move(results));
    } else {
      return {logical(std::get<0>(results)), logical(std::get<1>(results))};
    }
  }

  template <const auto& op>
  static Tensor& in_place(Tensor& self, const Scalar& beta, const Scalar& threshold) {
    const Level level;
    Tensor value = std::get<0>(at::functorch::unwrapTensorAtLevel(self, level.id()));
    ops::in_place<op>().call(value, beta, threshold);
    return self;
  }
};

void implement(torch::Library& m) {
  ops::implement<Batched>(m);
  ops::implement_in_place<Batched>(m);
}

const Registration batching_rules(c10::DispatchKey::FuncTorchBatched, implement);

}  // namespace
}  // namespace fused_softplus
