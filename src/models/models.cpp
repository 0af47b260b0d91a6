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
    BuiltinModel{"densenet121", "DenseNet-121: every layer reads all earlier ones",
                 "Huang et al., Densely Connected Convolutional Networks, 2017", 7'978'856,
                 densenet121},
    BuiltinModel{"efficientnet_b0", "EfficientNet-B0: inverted bottlenecks with squeeze-excitation",
                 "Tan & Le, EfficientNet: Rethinking Model Scaling, 2019", 5'288'548,
                 efficientnet_b0},
    BuiltinModel{"mobilenet_v2", "MobileNetV2: depthwise convolutions in inverted residuals",
                 "Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018",
                 3'504'872, mobilenet_v2},
    BuiltinModel{"resnet18", "ResNet-18: residual blocks of two 3x3 convolutions",
                 "He et al., Deep Residual Learning for Image Recognition, 2016", 11'689'512,
                 resnet18},
    BuiltinModel{"resnet50", "ResNet-50: residual bottlenecks, stride in the 3x3 convolution",
                 "He et al., Deep Residual Learning for Image Recognition, 2016", 25'557'032,
                 resnet50},
    BuiltinModel{"squeezenet1_1", "SqueezeNet 1.1: fire modules, no fully connected layer",
                 "Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters, "
                 "2016",
                 1'235'496, squeezenet1_1},
    BuiltinModel{"vgg16", "VGG-16: plain 3x3 convolutions, large fully connected layers",
                 "Simonyan & Zisserman, Very Deep Convolutional Networks, 2015", 138'357'544,
                 vgg16},
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
             ? concat("did you mean '", nearest.name, "'? ")
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
  fail(ErrorCode::kNotFound, "there is no built-in model '", name, "'; ", nearest_match(name),
       "the built-in models are ", known);
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
