// Runs a TorchScript model that Python saved, then trains it by one step. No Python is involved.
//
//   run_model MODEL.pt DATA.pt RESULT.pt
//
// MODEL.pt   a scripted module that maps features to (mean, variance); it may use the operators in
//            torch.ops.fused_softplus, which linking the library registers
// DATA.pt    torch.save((features, target))
// RESULT.pt  written: the tensors (mean, variance, loss before the step, loss after it)

#include <fused_softplus/softplus.h>
#include <torch/optim/sgd.h>
#include <torch/script.h>

#include <cmath>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <numbers>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace {

constexpr double kLearningRate = 1e-3;

using TensorPair = std::tuple<at::Tensor, at::Tensor>;

c10::IValue load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path);
  return torch::jit::pickle_load({std::istreambuf_iterator<char>(file), {}});
}

void save(const c10::IValue& value, const std::string& path) {
  const std::vector<char> bytes = torch::jit::pickle_save(value);
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

TensorPair to_pair(const c10::IValue& value, const std::string& name) {
  if (!value.isTuple() || value.toTupleRef().size() != 2) {
    throw std::runtime_error(name + " is not a pair of tensors");
  }
  return value.to<TensorPair>();
}

TensorPair predict(torch::jit::Module& model, const at::Tensor& features) {
  return to_pair(model.forward({features}), "what the model returned");
}

// The mean negative log likelihood of normally distributed targets.
at::Tensor gaussian_nll(const TensorPair& prediction, const at::Tensor& target) {
  const auto& [mean, variance] = prediction;
  const at::Tensor per_row = variance.log() + (target - mean).square() / variance;
  return 0.5 * (per_row.mean() + std::log(2 * std::numbers::pi));
}

void train_one_step(const torch::jit::Module& model, const at::Tensor& loss) {
  std::vector<at::Tensor> parameters;
  for (const at::Tensor& parameter : model.parameters()) parameters.push_back(parameter);
  torch::optim::SGD optimizer(parameters, kLearningRate);
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}

void run(const std::string& model_path, const std::string& data_path,
         const std::string& result_path) {
  torch::jit::Module model = torch::jit::load(model_path);
  const auto [features, target] = to_pair(load(data_path), data_path);

  const TensorPair prediction = predict(model, features);
  const at::Tensor loss_before = gaussian_nll(prediction, target);
  train_one_step(model, loss_before);
  const at::Tensor loss_after = gaussian_nll(predict(model, features), target);

  const auto& [mean, variance] = prediction;
  save(std::make_tuple(mean.detach(), variance.detach(), loss_before.detach(), loss_after.detach()),
       result_path);

  // The operator is also an ordinary C++ function.
  std::cout << "softplus(0) = " << fused_softplus::softplus(at::zeros({})).item<float>() << '\n'
            << "predicted " << features.size(0) << " rows\n"
            << "loss before one SGD step: " << loss_before.item<float>() << '\n'
            << "loss after one SGD step:  " << loss_after.item<float>() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: run_model MODEL.pt DATA.pt RESULT.pt\n";
    return 2;
  }
  try {
    run(argv[1], argv[2], argv[3]);
    return EXIT_SUCCESS;
  } catch (const c10::Error& error) {
    std::cerr << "run_model: " << error.what_without_backtrace() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "run_model: " << error.what() << '\n';
  }
  return EXIT_FAILURE;
}
