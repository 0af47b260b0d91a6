#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "headway/model.h"

namespace headway {

/// The part of `headway run`'s command line that says what goes in, as typed.
struct InputArguments {
  std::vector<std::string> files;  ///< --input: "[name=]file".
  std::optional<std::uint64_t> random_seed;
  std::vector<std::string> shapes;
  std::optional<std::int64_t> resize;
  std::optional<std::int64_t> crop;
  std::vector<float> mean{0.485f, 0.456f, 0.406f};  ///< ImageNet's
  std::vector<float> deviation{0.229f, 0.224f, 0.225f};
  std::string layout;  ///< "nchw", "nhwc" or empty: from the input's shape.
  std::string channel_order = "rgb";
};

/// The tensors to run a model on, by position.
struct CollectedInputs {
  std::vector<Tensor> tensors;
  bool from_image = false;
};

/// --shape, or the shapes of the arrays in the files, for models that do not state them.
std::vector<std::string> stated_shapes(const InputArguments& arguments);

/// Reads the files, draws what is left at random if asked to, and checks names, dtypes and shapes.
/// Throws Error naming the file and the input.
CollectedInputs collect_inputs(const std::vector<ValueInfo>& inputs,
                               const InputArguments& arguments);

}  // namespace headway
