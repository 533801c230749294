// The autograd nodes' names and C++ types, which the Python module gives types of their own.
#pragma once

#include <typeinfo>
#include <vector>

namespace fused_softplus __attribute__((visibility("default"))) {

  struct NodeType {
    const char* name;
    const std::type_info* type;
  };

  std::vector<NodeType> node_types();

}  // namespace )
