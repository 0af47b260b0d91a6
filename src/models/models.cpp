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

/// What architectures of one kind have in common.
struct Family {
  std::string_view description, paper;
  Graph (*build)(std::string_view name, const ModelOptions& options);
  std::string_view training_only = {};
};

constexpr Family kDenseNet = {"every layer reads all earlier ones",
                              "Huang et al. 2017, arXiv:1608.06993", densenet};
constexpr Family kEfficientNet = {"inverted bottlenecks, squeeze-excitation",
                                  "Tan & Le 2019, arXiv:1905.11946", efficientnet};
constexpr Family kEfficientNetV2 = {"inverted bottlenecks, fused at first",
                                    "Tan & Le 2021, arXiv:2104.00298", efficientnet};
constexpr Family kGoogLeNet = {"branches of several kernel sizes",
                               "Szegedy et al. 2015, arXiv:1409.4842", googlenet, "aux"};
constexpr Family kInception = {"branches, kernels factored into rows and columns",
                               "Szegedy et al. 2016, arXiv:1512.00567", inception_v3, "AuxLogits."};
constexpr Family kMnasNet = {"inverted residuals found by search",
                             "Tan et al. 2019, arXiv:1807.11626", mnasnet};
constexpr Family kMobileNetV2 = {"inverted residuals, depthwise convolutions",
                                 "Sandler et al. 2018, arXiv:1801.04381", mobilenet_v2};
constexpr Family kMobileNetV3 = {"inverted residuals, squeeze-excitation, hard swish",
                                 "Howard et al. 2019, arXiv:1905.02244", mobilenet_v3};
constexpr Family kRegNet = {"grouped bottlenecks, widths along a line",
                            "Radosavovic et al. 2020, arXiv:2003.13678", regnet};
constexpr Family kResNetBasic = {"residual blocks of two 3x3 convolutions",
                                 "He et al. 2016, arXiv:1512.03385", resnet};
constexpr Family kResNet = {"residual bottlenecks", "He et al. 2016, arXiv:1512.03385", resnet};
constexpr Family kResNeXt = {"residual bottlenecks with grouped convolutions",
                             "Xie et al. 2017, arXiv:1611.05431", resnet};
constexpr Family kWideResNet = {"residual bottlenecks, twice as wide",
                                "Zagoruyko & Komodakis 2016, arXiv:1605.07146", resnet};
constexpr Family kShuffleNet = {"channels split, shuffled and joined",
                                "Ma et al. 2018, arXiv:1807.11164", shufflenet_v2};
constexpr Family kSqueezeNet = {"fire modules, no fully connected layer",
                                "Iandola et al. 2016, arXiv:1602.07360", squeezenet};
constexpr Family kVgg = {"plain 3x3 convolutions, large fully connected layers",
                         "Simonyan & Zisserman 2015, arXiv:1409.1556", vgg};
constexpr Family kVggNormalized = {"plain 3x3 convolutions with batch normalization",
                                   "Simonyan & Zisserman 2015, arXiv:1409.1556", vgg};

constexpr BuiltinModel builtin(std::string_view name, const Family& family, std::int64_t parameters,
                               std::int64_t multiply_adds) {
  return {name,          family.description,   family.paper, parameters,
          multiply_adds, family.training_only, family.build};
}

constexpr std::array kModels = {
    builtin("densenet121", kDenseNet, 7'978'856, 2'834'161'664),
    builtin("densenet161", kDenseNet, 28'681'000, 7'727'907'072),
    builtin("densenet169", kDenseNet, 14'149'480, 3'359'843'328),
    builtin("densenet201", kDenseNet, 20'013'928, 4'291'365'888),
    builtin("efficientnet_b0", kEfficientNet, 5'288'548, 385'814'752),
    builtin("efficientnet_b1", kEfficientNet, 7'794'184, 569'651'680),
    builtin("efficientnet_b2", kEfficientNet, 9'109'994, 658'963'440),
    builtin("efficientnet_b3", kEfficientNet, 12'233'232, 962'708'240),
    builtin("efficientnet_b4", kEfficientNet, 19'341'616, 1'503'710'432),
    builtin("efficientnet_b5", kEfficientNet, 30'389'784, 2'356'493'184),
    builtin("efficientnet_b6", kEfficientNet, 43'040'704, 3'360'166'848),
    builtin("efficientnet_b7", kEfficientNet, 66'347'960, 5'169'865'152),
    builtin("efficientnet_v2_l", kEfficientNetV2, 118'515'272, 12'231'188'544),
    builtin("efficientnet_v2_m", kEfficientNetV2, 54'139'356, 5'362'207'200),
    builtin("efficientnet_v2_s", kEfficientNetV2, 21'458'488, 2'849'895'872),
    builtin("googlenet", kGoogLeNet, 6'624'904, 1'498'376'192),
    builtin("inception_v3", kInception, 23'834'568, 2'837'921'120),
    builtin("mnasnet0_5", kMnasNet, 2'218'512, 104'455'968),
    builtin("mnasnet0_75", kMnasNet, 3'170'208, 215'493'104),
    builtin("mnasnet1_0", kMnasNet, 4'383'312, 314'415'872),
    builtin("mnasnet1_3", kMnasNet, 6'282'256, 526'362'432),
    builtin("mobilenet_v2", kMobileNetV2, 3'504'872, 300'774'272),
    builtin("mobilenet_v3_large", kMobileNetV3, 5'483'032, 216'589'760),
    builtin("mobilenet_v3_small", kMobileNetV3, 2'542'856, 56'510'400),
    builtin("regnet_x_16gf", kRegNet, 54'278'536, 15'940'755'456),
    builtin("regnet_x_1_6gf", kRegNet, 9'190'136, 1'602'849'792),
    builtin("regnet_x_32gf", kRegNet, 107'811'560, 31'735'929'792),
    builtin("regnet_x_3_2gf", kRegNet, 15'296'552, 3'176'621'952),
    builtin("regnet_x_400mf", kRegNet, 5'495'976, 413'812'608),
    builtin("regnet_x_800mf", kRegNet, 7'259'656, 799'699'712),
    builtin("regnet_x_8gf", kRegNet, 39'572'648, 7'995'132'416),
    builtin("regnet_y_16gf", kRegNet, 83'590'140, 15'911'510'272),
    builtin("regnet_y_1_6gf", kRegNet, 11'202'430, 1'612'076'160),
    builtin("regnet_y_32gf", kRegNet, 145'046'770, 32'279'552'832),
    builtin("regnet_y_3_2gf", kRegNet, 19'436'338, 3'176'482'752),
    builtin("regnet_y_400mf", kRegNet, 4'344'144, 401'842'848),
    builtin("regnet_y_800mf", kRegNet, 6'432'512, 833'856'256),
    builtin("regnet_y_8gf", kRegNet, 39'381'472, 8'473'070'592),
    builtin("resnet101", kResNet, 44'549'160, 7'801'405'440),
    builtin("resnet152", kResNet, 60'192'808, 11'513'626'624),
    builtin("resnet18", kResNetBasic, 11'689'512, 1'814'073'344),
    builtin("resnet34", kResNetBasic, 21'797'672, 3'663'761'408),
    builtin("resnet50", kResNet, 25'557'032, 4'089'184'256),
    builtin("resnext101_32x8d", kResNeXt, 88'791'336, 16'414'015'488),
    builtin("resnext101_64x4d", kResNeXt, 83'455'272, 15'460'270'080),
    builtin("resnext50_32x4d", kResNeXt, 25'028'904, 4'230'479'872),
    builtin("shufflenet_v2_x0_5", kShuffleNet, 1'366'792, 40'476'448),
    builtin("shufflenet_v2_x1_0", kShuffleNet, 2'278'604, 144'907'992),
    builtin("shufflenet_v2_x1_5", kShuffleNet, 3'503'624, 295'759'392),
    builtin("shufflenet_v2_x2_0", kShuffleNet, 7'393'996, 583'253'464),
    builtin("squeezenet1_0", kSqueezeNet, 1'248'424, 818'924'576),
    builtin("squeezenet1_1", kSqueezeNet, 1'235'496, 349'151'936),
    builtin("vgg11", kVgg, 132'863'336, 7'609'090'048),
    builtin("vgg11_bn", kVggNormalized, 132'868'840, 7'609'090'048),
    builtin("vgg13", kVgg, 133'047'848, 11'308'466'176),
    builtin("vgg13_bn", kVggNormalized, 133'053'736, 11'308'466'176),
    builtin("vgg16", kVgg, 138'357'544, 15'470'264'320),
    builtin("vgg16_bn", kVggNormalized, 138'365'992, 15'470'264'320),
    builtin("vgg19", kVgg, 143'667'240, 19'632'062'464),
    builtin("vgg19_bn", kVggNormalized, 143'678'248, 19'632'062'464),
    builtin("wide_resnet101_2", kWideResNet, 126'886'696, 22'753'050'624),
    builtin("wide_resnet50_2", kWideResNet, 68'883'240, 11'398'021'120),
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
  fail(ErrorCode::kNotFound, "there is no built-in model '", name, "'", nearest_match(name),
       "; 'headway models' lists all ", kModels.size());
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

}  // namespace headway::models
