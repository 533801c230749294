// Stands in for the JSON library that torch's ATen/functorch/Interpreter.h includes and torch's
// packages leave out (pytorch#181565). Declarations only: they let that header's serialization
// compile, and nothing here calls it.
#pragma once

#include <string>

namespace nlohmann {

struct json {
  json() = default;
  template <typename T>
  explicit json(const T& value);
  std::string dump() const;
  static json parse(const std::string& text);
  template <typename T>
  T get() const;
};

}  // namespace nlohmann
