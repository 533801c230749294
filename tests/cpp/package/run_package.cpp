// Loads a package that AOTInductor compiled and compares its results with those of eager PyTorch.
// Linking the operator library registers the operators. No Python is involved.
//
//   run_package PACKAGE.pt2 DATA.pt
//
// DATA.pt is torch.save([(input, expected result), ...]).

#include <ATen/ATen.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace {

std::string contents(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int, char** argv) {
  c10::InferenceMode guard;
  torch::inductor::AOTIModelPackageLoader package(argv[1]);
  const std::string data = contents(argv[2]);
  const at::IValue pairs = torch::jit::pickle_load({data.begin(), data.end()});
  int wrong = 0;
  for (const at::IValue& pair : pairs.toListRef()) {
    const auto& elements = pair.toTupleRef().elements();
    const at::Tensor result = package.run({elements[0].toTensor()}).at(0);
    const bool equal = at::equal(result, elements[1].toTensor());
    std::cout << result.sizes() << (equal ? ": equal\n" : ": different\n");
    wrong += !equal;
  }
  const std::string libraries = contents("/proc/self/maps");
  for (const char* name : {"libpython", "libtorch_python"}) {
    if (libraries.find(name) != std::string::npos) {
      std::cout << name << " was loaded\n";
      ++wrong;
    }
  }
  return wrong;
}
