#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "formats/onnx/read.h"
#include "formats/torchscript/write.h"
#include "ops/operator.h"
#include "tensor/compare.h"
#include "tensor/npy.h"

/// Usage: exported_models_check FOLDER NAME...
///
/// Reads FOLDER/NAME.onnx, runs it on the reference kernels and compares with what the exporting
/// framework computed (FOLDER/NAME.npz: the inputs by name, and `output`). Then writes
/// FOLDER/headway/NAME.pt for torchscript_check.py. Prints one line per model; the exit status is 1
/// if any of them disagrees.

namespace {

namespace fs = std::filesystem;
using namespace headway;

constexpr double kTolerance = 1e-3;  // Of the largest expected magnitude.

Tensor find(const NamedTensors& tensors, const std::string& name) {
  for (const auto& [key, tensor] : tensors)
    if (key == name) return tensor;
  throw std::runtime_error("no array '" + name + "'");
}

bool check(const fs::path& folder, const std::string& name) {
  const Graph graph = read_onnx(folder / (name + ".onnx"));
  const NamedTensors arrays = read_npz(folder / (name + ".npz"));
  std::vector<Tensor> inputs;
  for (const Value* input : graph.inputs()) inputs.push_back(find(arrays, input->name()));
  const std::vector<Tensor> outputs = run_reference(graph, inputs);
  const Tensor expected = find(arrays, "output");
  const Comparison comparison = compare(outputs.at(0), expected, 0, kTolerance);
  const double error = comparison.max_abs / comparison.largest_expected;
  const bool agrees = error <= kTolerance;
  std::printf("%-24s %s  max_abs %.1e of %.3g: %.1e\n", name.c_str(), agrees ? "ok  " : "FAIL",
              comparison.max_abs, comparison.largest_expected, error);
  fs::create_directories(folder / "headway");
  write_torchscript(graph, folder / "headway" / (name + ".pt"));
  return agrees;
}

}  // namespace

int main(int argc, char** argv) {
  bool all_agree = argc > 2;
  for (int i = 2; i < argc; ++i) {
    try {
      all_agree &= check(argv[1], argv[i]);
    } catch (const std::exception& error) {
      std::printf("%-24s FAIL  %s\n", argv[i], error.what());
      all_agree = false;
    }
    std::fflush(stdout);
  }
  return all_agree ? 0 : 1;
}
