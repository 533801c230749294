// Runs a TorchScript model forward and backward. The program does not know this project: the
// operator library is loaded into it with LD_PRELOAD, if at all.
//
//   run_script MODEL.pt DATA.pt
//
// DATA.pt is torch.save((input, expected result, expected gradient of the result's sum)). The exit
// status is 0 if both are equal to the last bit.

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/jit/serialization/import.h>

#include <iostream>

#include "tests/cpp/package/data.h"

int main(int, char** argv) {
  torch::jit::Module model = torch::jit::load(argv[1]);
  const at::IValue data = load_data(argv[2]);
  const auto& elements = data.toTupleRef().elements();
  const at::Tensor input = elements[0].toTensor().requires_grad_();
  const at::Tensor result = model.forward({input}).toTensor();
  const at::Tensor gradient = torch::autograd::grad({result.sum()}, {input})[0];
  const bool equal =
      at::equal(result, elements[1].toTensor()) && at::equal(gradient, elements[2].toTensor());
  std::cout << result.grad_fn()->name() << (equal ? ": equal\n" : ": different\n");
  return !equal;
}
