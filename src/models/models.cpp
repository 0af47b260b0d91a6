#include "models/models.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "base/error.h"
#include "ops/operator.h"

namespace headway::models {
namespace {

/// Levenshtein distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string nearest_match(std::string_view name) {
  const auto distance = [&](const BuiltinModel& model) { return edit_distance(name, model.name); };
  const BuiltinModel& nearest = *std::ranges::min_element(builtin_models(), {}, distance);
  return distance(nearest) <= nearest.name.size() / 3
             ? concat(" (did you mean '", nearest.name, "'?)")
             : std::string();
}

}  // namespace

const BuiltinModel& find_builtin(std::string_view name) {
  const std::span<const BuiltinModel> models = builtin_models();
  const auto found = std::ranges::find(models, name, &BuiltinModel::name);
  if (found != models.end()) return *found;
  fail(ErrorCode::kNotFound, "there is no built-in model '", name, "'", nearest_match(name),
       "; 'headway models' lists all ", models.size());
}

Graph build_model(std::string_view name, const ModelOptions& options) {
  const BuiltinModel& model = find_builtin(name);
  if (options.image_size < 1 || options.image_size > 16'384)
    fail(ErrorCode::kInvalidArgument, "image size ", options.image_size, " of ", name,
         " is not between 1 and 16384");
  if (options.num_classes < 1 || options.num_classes > 1'000'000)
    fail(ErrorCode::kInvalidArgument, "class count ", options.num_classes, " of ", name,
         " is not between 1 and 1000000");
  Graph graph = model.build(name, options);
  infer_types(graph);
  return graph;
}

bool is_trained(std::string_view constant) {
  constexpr std::string_view kBuffers[] = {".running_mean", ".running_var",
                                           ".relative_position_index", ".relative_coords_table"};
  // What belongs to a node instead of a module is named after it, with a slash.
  return !constant.starts_with('/') && std::ranges::none_of(kBuffers, [&](std::string_view end) {
    return constant.ends_with(end);
  });
}

std::int64_t trained_parameters(const Graph& graph) {
  std::int64_t count = 0;
  for (const Value* constant : graph.constants())
    if (is_trained(constant->name())) count += constant->constant().size();
  return count;
}

}  // namespace headway::models
