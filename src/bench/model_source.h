#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bench/worker.h"

namespace headway::bench {

/// Files that runtimes load.
enum class ModelFormat {
  kOnnx,
  kTorchScript,
  kCompiled,  ///< Headway's own, with packed weights.
  kNative,    ///< What Headway takes: a compiled file if that is all there is, else ONNX.
};

/// ".onnx", ".pt" or ".hwy".
std::string_view extension_of(ModelFormat format) noexcept;

/// What reports say about a model.
struct ModelFacts {
  std::string name;
  std::int64_t multiply_adds = 0;  ///< Per call (whole batch); 0 if unknown.
  std::int64_t parameters = 0;     ///< 0 if unknown.
  std::int64_t weight_bytes = 0;   ///< Of constants that are multiplied; read in every call.
};

/// One input with every dimension fixed.
struct InputSpec {
  std::string name;
  DType dtype = DType::kFloat32;
  Shape shape;
  std::int64_t upper = 0;  ///< Integers are drawn from [0, upper); 0: 256 for uint8, else 2.
};

/// Where a race gets its model from. Keeps the harness free of the engine: the scheduler needs
/// files to hand to workers, and a reference to hold their outputs against.
class ModelSource {
 public:
  virtual ~ModelSource() = default;

  virtual ModelFacts facts() const = 0;

  /// In the model's order, at the batch that this source was made for.
  virtual std::vector<InputSpec> inputs() const = 0;

  /// A file of that format holding this model; converted if need be, and kept as long as the
  /// source. Throws Error if the model cannot be written so.
  virtual std::filesystem::path path_for(ModelFormat format) = 0;

  /// Outputs of the strict reference (plain loops, fp32 or wider), in the model's order. Empty if
  /// there is no reference; rows then say that they are unchecked.
  virtual std::vector<NamedTensor> reference(const std::vector<NamedTensor>& inputs) = 0;
};

}  // namespace headway::bench
