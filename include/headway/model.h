#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "headway/datum.h"
#include "headway/export.h"
#include "headway/tensor.h"

namespace headway {

struct CompiledFile;
class Graph;
class Program;

/// A named input or output of a model. Extents that are not fixed are -1 in `shape` and named in
/// `symbols`.
struct ValueInfo {
  std::string name;
  DType dtype = DType::kFloat32;
  Shape shape;
  std::vector<std::string>
      symbols;           ///< One per extent; "" where the extent is a number or has no name.
  bool has_rank = true;  ///< false: tensors of any rank, and the shape is empty.
  /// What holds tensors of that dtype and shape, if the value is not one itself.
  Container container = Container::kNone;
};

/// The shape of an input, by its name, or by its position if the name is empty.
struct InputShape {
  std::string name;
  Shape shape;
};

/// How algorithms are chosen where several compute the same.
enum class Tune : std::uint8_t {
  kOff,     ///< By a model of their cost: the same everywhere and every time.
  kCached,  ///< As measured on this machine by an earlier kMeasure; by the cost model otherwise.
  kMeasure  ///< Measured now, which takes seconds, and remembered for the next time, in
            ///< $XDG_CACHE_HOME/headway/tuning.
};

/// How a model is turned into a Program.
struct CompileOptions {
  int threads = 0;  ///< 0: every processor this process may use (affinity and cgroup quota).
  std::vector<Shape> input_shapes;  ///< By position: fixes shapes that the model leaves open, which
                                    ///< lets more be computed now. Empty: a program for any shapes
                                    ///< that fit, prepared for each set as it is first met.
  bool fuse = true;        ///< false: no graph rewriting (for comparing results node by node).
  bool reference = false;  ///< true: plain reference kernels only (slow; defines the truth).
  Tune tune = Tune::kCached;
  bool winograd = true;  ///< false: no fast algorithms (Winograd's convolutions, Strassen's matrix
                         ///< products) that round differently from plain sums (up to 1e-3 of the
                         ///< largest output over a whole network).
  std::string device = "cpu";   ///< "gpu": the first device that OpenCL offers; "gpu:1" the second.
  bool allow_fallback = false;  ///< true: nodes that the GPU has no kernel for run on the CPU, at
                                ///< the price of copies; false: such models are refused.
  std::uint64_t memory_limit = 0;  ///< Most bytes that values computed by a run may take at once,
                                   ///< inputs and weights apart; a model that asks for more is
                                   ///< refused before they are allocated. 0: what this machine, or
                                   ///< the cgroup, has.
};

/// What CompileOptions::device "gpu:0", "gpu:1", … are on this machine: name, kind (an OpenCL
/// driver may offer the CPU itself), driver. Empty if there are none.
HEADWAY_API std::vector<std::string> gpu_devices();

/// A model as read from a file or built in: the graph, not yet prepared for execution. Cheap to
/// copy.
class HEADWAY_API Model {
 public:
  /// Reads .onnx (external data beside it included), TorchScript (.pt), torch.export (.pt2) or .hwy
  /// (see save_compiled).
  /// A TorchScript file does not say what its inputs are: `shapes` does, where its program leaves
  /// it open. Throws Error naming the file and what is wrong with it.
  static Model load(const std::filesystem::path& file, const std::vector<InputShape>& shapes = {});

  /// A built-in architecture with seeded weights ("resnet50", …; see builtin_models()).
  /// Throws Error(kNotFound) with the nearest name.
  static Model builtin(const std::string& name, std::uint64_t seed = 0);
  /// The same with the weights of a file: a state dict or checkpoint of PyTorch's (.pth, .pt) or
  /// .safetensors. Weights of another floating-point type are converted if `convert` says so.
  /// Throws Error listing what is missing, unexpected, or of another shape or type.
  static Model builtin_with_weights(const std::string& name, const std::filesystem::path& weights,
                                    bool convert = false);
  static std::vector<std::string> builtin_models();

  explicit Model(Graph graph);

  const std::string& name() const noexcept;
  std::vector<ValueInfo> inputs() const;
  std::vector<ValueInfo> outputs() const;

  /// Writes the model; the extension chooses the format (.onnx, .pt). Atomic: the file appears
  /// complete or not at all. Throws Error(kUnsupported) naming a node the format cannot express.
  void save(const std::filesystem::path& file) const;

  /// Optimizes and lowers the graph for this machine. The model may be discarded afterwards.
  Program compile(const CompileOptions& options = {}) const&;
  /// The same for a model that is not used again: weights are let go as soon as they are packed, so
  /// that they are never held twice. `Model::load(file).compile()` does this.
  Program compile(const CompileOptions& options = {}) &&;

  /// Optimizes the graph, packs its weights for this machine and writes both as one .hwy file,
  /// which load() maps: compiling what it returns takes next to no time. Such a file is for this
  /// version of Headway, this instruction set and the input shapes given in `options`, all of which
  /// must be known (docs/hwy.md). Atomic, like save().
  void save_compiled(const std::filesystem::path& file, const CompileOptions& options = {}) const;

  /// True if it comes from a .hwy file: compile() is all that it is for. Its weights are packed, so
  /// that it cannot be saved or run on reference kernels, and its input shapes are fixed.
  bool is_compiled() const noexcept { return compiled_ != nullptr; }

  /// The graph itself, for tools built inside this repository (graph/graph.h).
  const Graph& graph() const noexcept { return *graph_; }

 private:
  Model(Graph graph, std::string file);
  Model(Graph graph, std::shared_ptr<const CompiledFile> compiled);

  std::shared_ptr<Graph> graph_;                  ///< Shared by copies; never changed.
  std::string file_;                              ///< Where it comes from, for messages.
  std::shared_ptr<const CompiledFile> compiled_;  ///< Where it comes from, if from a .hwy file.
};

}  // namespace headway
