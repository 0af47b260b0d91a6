#include "models/models.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <vector>

#include "base/error.h"
#include "models/architectures.h"
#include "ops/operator.h"

namespace headway::models {
namespace {

constexpr std::array kModels = {
    BuiltinModel{"densenet121", "every layer reads all earlier ones",
                 "Huang et al. 2017, arXiv:1608.06993", 7'978'856, 2'834'161'664, densenet121},
    BuiltinModel{"efficientnet_b0", "inverted bottlenecks, squeeze-excitation",
                 "Tan & Le 2019, arXiv:1905.11946", 5'288'548, 385'814'752, efficientnet_b0},
    BuiltinModel{"mobilenet_v2", "inverted residuals, depthwise convolutions",
                 "Sandler et al. 2018, arXiv:1801.04381", 3'504'872, 300'774'272, mobilenet_v2},
    BuiltinModel{"resnet18", "residual blocks of two 3x3 convolutions",
                 "He et al. 2016, arXiv:1512.03385", 11'689'512, 1'814'073'344, resnet18},
    BuiltinModel{"resnet50", "residual bottlenecks", "He et al. 2016, arXiv:1512.03385", 25'557'032,
                 4'089'184'256, resnet50},
    BuiltinModel{"squeezenet1_1", "fire modules, no fully connected layer",
                 "Iandola et al. 2016, arXiv:1602.07360", 1'235'496, 349'151'936, squeezenet1_1},
    BuiltinModel{"vgg16", "plain 3x3 convolutions, large fully connected layers",
                 "Simonyan & Zisserman 2015, arXiv:1409.1556", 138'357'544, 15'470'264'320, vgg16},
};

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
  const BuiltinModel& nearest = *std::ranges::min_element(kModels, {}, distance);
  return distance(nearest) <= nearest.name.size() / 3
             ? concat(" (did you mean '", nearest.name, "'?)")
             : std::string();
}

}  // namespace

std::span<const BuiltinModel> builtin_models() {
  return kModels;
}

const BuiltinModel& find_builtin(std::string_view name) {
  const auto found = std::ranges::find(kModels, name, &BuiltinModel::name);
  if (found != kModels.end()) return *found;
  std::string known;
  for (const BuiltinModel& model : kModels) known += concat(known.empty() ? "" : ", ", model.name);
  fail(ErrorCode::kNotFound, "there is no built-in model '", name, "'", nearest_match(name),
       "; the built-in models are ", known);
}

Graph build_model(std::string_view name, const ModelOptions& options) {
  const BuiltinModel& model = find_builtin(name);
  if (options.image_size < 1 || options.image_size > 16'384)
    fail(ErrorCode::kInvalidArgument, "image size ", options.image_size, " of ", name,
         " is not between 1 and 16384");
  if (options.num_classes < 1 || options.num_classes > 1'000'000)
    fail(ErrorCode::kInvalidArgument, "class count ", options.num_classes, " of ", name,
         " is not between 1 and 1000000");
  Graph graph = model.build(options);
  infer_types(graph);
  return graph;
}

}  // namespace headway::models
