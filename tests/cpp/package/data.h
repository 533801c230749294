// Reads what torch.save wrote, without Python.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include <fstream>
#include <iterator>
#include <string>

inline std::string contents(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline at::IValue load_data(const char* path) {
  const std::string data = contents(path);
  return torch::jit::pickle_load({data.begin(), data.end()});
}
