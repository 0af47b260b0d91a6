#include "model_spec.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "cost.h"
#include "models/models.h"
#include "shape_option.h"

namespace headway {
namespace {

/// A file was meant if the text has a folder or an extension.
bool looks_like_file(const std::string& spec) {
  return spec.find('/') != std::string::npos || std::filesystem::path(spec).has_extension();
}

std::vector<InputShape> input_shapes(const std::vector<std::string>& options) {
  std::vector<InputShape> shapes;
  for (const std::string& text : options) {
    ShapeOption option = parse_shape_option(text);
    shapes.push_back({std::move(option.name), std::move(option.shape)});
  }
  return shapes;
}

}  // namespace

bool is_builtin(const std::string& spec) {
  const auto builtins = models::builtin_models();
  return std::ranges::find(builtins, spec, &models::BuiltinModel::name) != builtins.end();
}

std::int64_t parameters_of(const std::string& spec, const Graph& graph) {
  return is_builtin(spec) ? models::trained_parameters(graph) : parameter_count(graph);
}

Model load_model(const std::string& spec, std::uint64_t seed, const WeightsOption& weights,
                 const std::vector<std::string>& shapes) {
  if (is_builtin(spec))
    return weights.file.empty() ? Model::builtin(spec, seed)
                                : Model::builtin_with_weights(spec, weights.file, weights.convert);
  std::error_code ignored;
  if (!weights.file.empty() && std::filesystem::exists(spec, ignored))
    fail(ErrorCode::kInvalidArgument, "--weights is for built-in architectures; '", spec,
         "' is a file, which has its own");
  if (std::filesystem::exists(spec, ignored)) return Model::load(spec, input_shapes(shapes));
  if (looks_like_file(spec)) fail(ErrorCode::kNotFound, "there is no model file '", spec, "'");
  try {
    return Model::builtin(spec, seed);
  } catch (const Error& error) {
    fail(error.code(), error.what(), ", and there is no file of that name");
  }
}

}  // namespace headway
