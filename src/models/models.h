#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "graph/graph.h"

namespace headway::models {

struct ModelOptions {
  std::uint64_t seed = 0;         ///< Same seed, same weights, on every machine.
  std::int64_t image_size = 224;  ///< Height and width of the input.
  std::int64_t num_classes = 1000;
};

/// One architecture that Headway can build without a file.
struct BuiltinModel {
  std::string_view name;
  std::string_view description;
  std::string_view paper;
  std::int64_t parameters;     ///< Trainable ones, with 1000 classes.
  std::int64_t multiply_adds;  ///< For one image of 224x224, or one sequence of 128 tokens.
  /// How names of parameters begin that only training needs, if there are any.
  std::string_view training_only;
  Graph (*build)(std::string_view name, const ModelOptions& options);
};

/// All of them, sorted by name.
std::span<const BuiltinModel> builtin_models();

/// The built-in model of that name. Throws Error(kNotFound) with the nearest name.
const BuiltinModel& find_builtin(std::string_view name);

/// Builds a network of unfused ONNX operators with inferred types. Image classifiers have
/// torchvision's layers and parameter names: "input" float32[N,3,image_size,image_size] to "output"
/// float32[N,num_classes]. Encoders of text have those of Hugging Face's BertModel: "input_ids",
/// "attention_mask" and "token_type_ids" int64[N,T] to "last_hidden_state" float32[N,T,channels]
/// and "pooler_output" float32[N,channels]. Throws Error(kNotFound) for an unknown name,
/// Error(kInvalidArgument) for an image that is too small for the network or does not suit its
/// windows or patches.
Graph build_model(std::string_view name, const ModelOptions& options = {});

/// Whether training changes a built-in network's constant of that name: it leaves alone running
/// statistics, tables of positions, and masks.
bool is_trained(std::string_view constant);
/// Elements of all that it changes.
std::int64_t trained_parameters(const Graph& graph);

}  // namespace headway::models
