#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "headway/model.h"

#include "weights_option.h"

namespace headway {

class Graph;

/// What MODEL on a command line means: the name of a built-in model, else a file. (A file that is
/// called like a built-in model is written ./name.) Weights are for built-in models only;
/// shapes, as --shape says them, are for files that do not state them (.pt). Throws
/// Error(kNotFound) if it is neither, and what Model::load throws.
Model load_model(const std::string& spec, std::uint64_t seed = 0, const WeightsOption& weights = {},
                 const std::vector<std::string>& shapes = {});

/// Whether load_model would build it in memory.
bool is_builtin(const std::string& spec);

/// Elements that were, or could be, trained in what load_model made of it.
std::int64_t parameters_of(const std::string& spec, const Graph& graph);

/// How every subcommand describes its MODEL argument.
inline constexpr const char* kModelHelp =
    "A model file (.onnx, .pt, .pt2, .hwy) or a built-in model's name";

}  // namespace headway
