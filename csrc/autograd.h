// The autograd nodes' names and C++ types, which the Python module gives types of their own.
#pragma once

#include <typeinfo>
#include <vector>

namespace fused_softplus {

struct NodeType {
  const char* name;
  const std::type_info* type;
};

__attribute__((visibility("default"))) std::vector<NodeType> node_types();

}  // namespace fused_softplus
