// Loads a package that AOTInductor compiled and compares its results with those of eager PyTorch.
// Linking the operator library registers the operators. No Python is involved.
//
//   run_package PACKAGE.pt2 DATA.pt
//
// DATA.pt is torch.save([(input, expected result), ...]).

#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include <iostream>
#include <string>

#include "tests/cpp/package/data.h"

int main(int, char** argv) {
  c10::InferenceMode guard;
  torch::inductor::AOTIModelPackageLoader package(argv[1]);
  const at::IValue pairs = load_data(argv[2]);
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
