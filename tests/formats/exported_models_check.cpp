#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "find_array.h"
#include "formats/onnx/read.h"
#include "formats/torchscript/read.h"
#include "formats/torchscript/write.h"
#include "ops/operator.h"
#include "tensor/compare.h"
#include "tensor/npy.h"

/// Usage: exported_models_check FOLDER NAME...
///
/// Reads FOLDER/NAME.onnx and the TorchScript files beside it, runs them on the reference kernels
/// and compares with what the exporting framework computed (FOLDER/NAME.npz: the inputs by name,
/// and `output`). Then writes FOLDER/headway/NAME.pt for torchscript_check.py, and reads it back.
/// Prints one line per file; the exit status is 1 if any of them disagrees.

namespace {

namespace fs = std::filesystem;
using namespace headway;

constexpr double kTolerance = 1e-3;  // Of the largest expected magnitude.

/// A program does not tell every input's type: float32 stands for what it leaves open.
bool agrees(const std::string& title, const Graph& graph, std::vector<Tensor> inputs,
            const Tensor& expected) {
  for (std::size_t i = 0; i < inputs.size(); ++i)
    inputs[i] = inputs[i].to(graph.inputs()[i]->type.dtype);
  const std::vector<Tensor> outputs = run_reference(graph, inputs);
  const Comparison comparison = compare(outputs.at(0), expected, 0, kTolerance);
  const double error = comparison.max_abs / comparison.largest_expected;
  const bool good = error <= kTolerance;
  std::printf("%-32s %s  max_abs %.1e of %.3g: %.1e\n", title.c_str(), good ? "ok  " : "FAIL",
              comparison.max_abs, comparison.largest_expected, error);
  return good;
}

/// Without being told the shapes, if the program gives them away.
Graph read_script(const fs::path& file, const std::vector<Tensor>& inputs) {
  Graph graph;
  try {
    graph = read_torchscript(file);
  } catch (const Error&) {
    std::vector<script::InputShape> shapes;
    for (const Tensor& input : inputs) shapes.push_back({"", input.shape()});
    graph = read_torchscript(file, shapes);
  }
  infer_types(graph);
  return graph;
}

bool check(const fs::path& folder, const std::string& name) {
  const Graph graph = read_onnx(folder / (name + ".onnx"));
  const NamedTensors arrays = read_npz(folder / (name + ".npz"));
  std::vector<Tensor> inputs;
  for (const Value* input : graph.inputs()) inputs.push_back(find_array(arrays, input->name()));
  const Tensor expected = find_array(arrays, "output");
  bool good = agrees(name, graph, inputs, expected);
  fs::create_directories(folder / "headway");
  write_torchscript(graph, folder / "headway" / (name + ".pt"));
  for (const std::string& file :
       {name + ".pt", name + ".scripted.pt", name + ".frozen.pt", "headway/" + name + ".pt"})
    if (fs::exists(folder / file))
      good &= agrees(file, read_script(folder / file, inputs), inputs, expected);
  return good;
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
