#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#include <ATen/Parallel.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/version.h>

#include "resnet50.h"

namespace {

constexpr int kWarmups = 3;

template <typename Call>
double milliseconds(const Call& call) {
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

double quantile(std::vector<double> values, double fraction) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(fraction * static_cast<double>(values.size() - 1))];
}

/// Times both on the same input, turn by turn, the first to go changing every round.
int compare(const char* file, int threads, int rounds) {
  at::set_num_threads(threads);
  const c10::InferenceMode inference;
  torch::jit::setGraphExecutorOptimize(false);
  torch::jit::Module script = torch::jit::load(file);
  script.eval();
  ResNet50 network;
  network.take_weights(script);

  const at::Tensor input = at::randn({1, 3, 224, 224});
  at::Tensor by_script;
  at::Tensor by_nn;
  const auto run_script = [&] { by_script = script.forward({input}).toTensor(); };
  const auto run_nn = [&] { by_nn = network.forward(input); };
  for (int call = 0; call < kWarmups; ++call) run_script(), run_nn();
  const double difference = (by_script - by_nn).abs().max().item<double>();
  const double scale = by_nn.abs().max().item<double>();

  std::vector<double> script_times;
  std::vector<double> nn_times;
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    if (round % 2 == 0) script_times.push_back(milliseconds(run_script));
    nn_times.push_back(milliseconds(run_nn));
    if (round % 2 == 1) script_times.push_back(milliseconds(run_script));
    ratios.push_back(script_times.back() / nn_times.back());
  }
  std::printf("PyTorch %s, ResNet-50, batch 1, fp32, %d threads, %d interleaved rounds\n",
              TORCH_VERSION, at::get_num_threads(), rounds);
  std::printf("eager mode of the TorchScript file  median %8.2f ms\n", quantile(script_times, 0.5));
  std::printf("the same network in torch::nn       median %8.2f ms\n", quantile(nn_times, 0.5));
  std::printf("ratio                               median %8.3f    quartiles %.3f to %.3f\n",
              quantile(ratios, 0.5), quantile(ratios, 0.25), quantile(ratios, 0.75));
  std::printf("largest difference of the outputs   %.2e of their largest\n", difference / scale);
  return difference <= 1e-4 * scale ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs(
        "usage: eager_vs_nn RESNET50.pt [THREADS [ROUNDS]]\n"
        "  the file is what 'headway convert resnet50 --output resnet50.pt' writes\n",
        stderr);
    return 2;
  }
  try {
    return compare(argv[1], argc > 2 ? std::atoi(argv[2]) : 1, argc > 3 ? std::atoi(argv[3]) : 30);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "eager_vs_nn: %s\n", error.what());
    return 1;
  }
}
