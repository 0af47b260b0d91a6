#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "find_array.h"
#include "formats/torch_export/read.h"
#include "ops/operator.h"
#include "tensor/compare.h"
#include "tensor/npy.h"

/// Usage: exported_programs_check FOLDER
///
/// Reads what export_programs.py has saved in FOLDER, *.pt2, runs it on the reference kernels and
/// compares names and values with what PyTorch computed (NAME.npz, also for NAME_core.pt2). Prints
/// one line per file; the exit status is 1 if any of them disagrees.

namespace {

namespace fs = std::filesystem;
using namespace headway;

constexpr double kTolerance = 1e-4;  // Of the largest expected magnitude.

bool check(const fs::path& file) {
  Graph graph = read_torch_export(file);
  infer_types(graph);
  std::string name = file.stem().string();
  if (name.ends_with("_core")) name.resize(name.size() - 5);
  const NamedTensors arrays = read_npz(file.parent_path() / (name + ".npz"));
  std::vector<Tensor> inputs;
  for (const Value* input : graph.inputs()) inputs.push_back(find_array(arrays, input->name()));
  const std::vector<Tensor> outputs = run_reference(graph, inputs);
  if (inputs.size() + outputs.size() != arrays.size())
    throw std::runtime_error("not as many inputs and outputs as PyTorch's");
  double worst = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Tensor expected = find_array(arrays, "=" + graph.outputs()[i]->name());
    const Comparison comparison = compare(outputs[i], expected, 0, kTolerance);
    worst = std::max(worst, comparison.max_abs / comparison.largest_expected);
  }
  std::printf("%-24s %s  error %.1e\n", file.filename().c_str(),
              worst <= kTolerance ? "ok  " : "FAIL", worst);
  return worst <= kTolerance;
}

}  // namespace

int main(int, char** argv) {
  if (!std::filesystem::exists(argv[1])) return 77;  // Skipped, because export_programs.py was.
  int files = 0, good = 0;
  for (const auto& entry : fs::directory_iterator(argv[1])) {
    if (entry.path().extension() != ".pt2") continue;
    ++files;
    try {
      good += check(entry.path()) ? 1 : 0;
    } catch (const std::exception& error) {
      std::printf("%-24s FAIL  %s\n", entry.path().filename().c_str(), error.what());
    }
  }
  return files > 0 && good == files ? 0 : 1;
}
