#include "model_spec.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "models/models.h"

namespace headway {
namespace {

/// A file was meant if the text has a folder or an extension.
bool looks_like_file(const std::string& spec) {
  return spec.find('/') != std::string::npos || std::filesystem::path(spec).has_extension();
}

}  // namespace

bool is_builtin(const std::string& spec) {
  const auto builtins = models::builtin_models();
  return std::ranges::find(builtins, spec, &models::BuiltinModel::name) != builtins.end();
}

Model load_model(const std::string& spec, std::uint64_t seed, const WeightsOption& weights) {
  if (is_builtin(spec))
    return weights.file.empty() ? Model::builtin(spec, seed)
                                : Model::builtin_with_weights(spec, weights.file, weights.convert);
  std::error_code ignored;
  if (!weights.file.empty() && std::filesystem::exists(spec, ignored))
    fail(ErrorCode::kInvalidArgument, "--weights is for built-in architectures; '", spec,
         "' is a file, which has its own");
  if (std::filesystem::exists(spec, ignored)) return Model::load(spec);
  if (looks_like_file(spec)) fail(ErrorCode::kNotFound, "there is no model file '", spec, "'");
  try {
    return Model::builtin(spec, seed);
  } catch (const Error& error) {
    fail(error.code(), error.what(), ", and there is no file of that name");
  }
}

}  // namespace headway
