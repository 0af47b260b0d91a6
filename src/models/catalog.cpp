#include <array>

#include "models/architectures.h"
#include "models/models.h"

namespace headway::models {
namespace {

/// What architectures of one kind have in common.
struct Family {
  std::string_view description, paper;
  Graph (*build)(std::string_view name, const ModelOptions& options);
  std::string_view training_only = {};
};

constexpr Family kBert = {
    .description = "a transformer that encodes text",
    .paper = "Devlin et al. 2019, arXiv:1810.04805",
    .build = bert,
    .training_only = "embeddings.position_ids",
};
constexpr Family kConvNeXt = {
    .description = "depthwise 7x7 convolutions, layer normalization",
    .paper = "Liu et al. 2022, arXiv:2201.03545",
    .build = convnext,
};
constexpr Family kDenseNet = {
    .description = "every layer reads all earlier ones",
    .paper = "Huang et al. 2017, arXiv:1608.06993",
    .build = densenet,
};
constexpr Family kEfficientNet = {
    .description = "inverted bottlenecks, squeeze-excitation",
    .paper = "Tan & Le 2019, arXiv:1905.11946",
    .build = efficientnet,
};
constexpr Family kEfficientNetV2 = {
    .description = "inverted bottlenecks, fused at first",
    .paper = "Tan & Le 2021, arXiv:2104.00298",
    .build = efficientnet,
};
constexpr Family kGoogLeNet = {
    .description = "branches of several kernel sizes",
    .paper = "Szegedy et al. 2015, arXiv:1409.4842",
    .build = googlenet,
    .training_only = "aux",
};
constexpr Family kInception = {
    .description = "branches, kernels factored into rows and columns",
    .paper = "Szegedy et al. 2016, arXiv:1512.00567",
    .build = inception_v3,
    .training_only = "AuxLogits.",
};
constexpr Family kMaxVit = {
    .description = "inverted bottlenecks, attention in windows and grids",
    .paper = "Tu et al. 2022, arXiv:2204.01697",
    .build = maxvit,
};
constexpr Family kMnasNet = {
    .description = "inverted residuals found by search",
    .paper = "Tan et al. 2019, arXiv:1807.11626",
    .build = mnasnet,
};
constexpr Family kMobileNetV2 = {
    .description = "inverted residuals, depthwise convolutions",
    .paper = "Sandler et al. 2018, arXiv:1801.04381",
    .build = mobilenet_v2,
};
constexpr Family kMobileNetV3 = {
    .description = "inverted residuals, squeeze-excitation, hard swish",
    .paper = "Howard et al. 2019, arXiv:1905.02244",
    .build = mobilenet_v3,
};
constexpr Family kRegNet = {
    .description = "grouped bottlenecks, widths along a line",
    .paper = "Radosavovic et al. 2020, arXiv:2003.13678",
    .build = regnet,
};
constexpr Family kResNet = {
    .description = "residual bottlenecks",
    .paper = "He et al. 2016, arXiv:1512.03385",
    .build = resnet,
};
constexpr Family kResNetBasic = {
    .description = "residual blocks of two 3x3 convolutions",
    .paper = "He et al. 2016, arXiv:1512.03385",
    .build = resnet,
};
constexpr Family kResNeXt = {
    .description = "residual bottlenecks with grouped convolutions",
    .paper = "Xie et al. 2017, arXiv:1611.05431",
    .build = resnet,
};
constexpr Family kShuffleNet = {
    .description = "channels split, shuffled and joined",
    .paper = "Ma et al. 2018, arXiv:1807.11164",
    .build = shufflenet_v2,
};
constexpr Family kSqueezeNet = {
    .description = "fire modules, no fully connected layer",
    .paper = "Iandola et al. 2016, arXiv:1602.07360",
    .build = squeezenet,
};
constexpr Family kSwin = {
    .description = "attention in shifted windows",
    .paper = "Liu et al. 2021, arXiv:2103.14030",
    .build = swin,
};
constexpr Family kSwinV2 = {
    .description = "attention in shifted windows, by cosine",
    .paper = "Liu et al. 2022, arXiv:2111.09883",
    .build = swin,
};
constexpr Family kVgg = {
    .description = "plain 3x3 convolutions, large fully connected layers",
    .paper = "Simonyan & Zisserman 2015, arXiv:1409.1556",
    .build = vgg,
};
constexpr Family kVggNormalized = {
    .description = "plain 3x3 convolutions with batch normalization",
    .paper = "Simonyan & Zisserman 2015, arXiv:1409.1556",
    .build = vgg,
};
constexpr Family kVit = {
    .description = "a transformer over patches",
    .paper = "Dosovitskiy et al. 2021, arXiv:2010.11929",
    .build = vit,
};
constexpr Family kWideResNet = {
    .description = "residual bottlenecks, twice as wide",
    .paper = "Zagoruyko & Komodakis 2016, arXiv:1605.07146",
    .build = resnet,
};

struct Member {
  std::string_view name;
  const Family& family;
  std::int64_t parameters, multiply_adds;
};
constexpr auto kMembers = std::to_array<Member>({
    {"bert_base", kBert, 109'482'240, 11'174'215'680},
    {"bert_large", kBert, 335'141'888, 39'461'060'608},
    {"convnext_base", kConvNeXt, 88'591'464, 15'354'729'472},
    {"convnext_large", kConvNeXt, 197'767'336, 34'361'433'600},
    {"convnext_small", kConvNeXt, 50'223'688, 8'683'712'256},
    {"convnext_tiny", kConvNeXt, 28'589'128, 4'455'531'264},
    {"densenet121", kDenseNet, 7'978'856, 2'834'161'664},
    {"densenet161", kDenseNet, 28'681'000, 7'727'907'072},
    {"densenet169", kDenseNet, 14'149'480, 3'359'843'328},
    {"densenet201", kDenseNet, 20'013'928, 4'291'365'888},
    {"efficientnet_b0", kEfficientNet, 5'288'548, 385'814'752},
    {"efficientnet_b1", kEfficientNet, 7'794'184, 569'651'680},
    {"efficientnet_b2", kEfficientNet, 9'109'994, 658'963'440},
    {"efficientnet_b3", kEfficientNet, 12'233'232, 962'708'240},
    {"efficientnet_b4", kEfficientNet, 19'341'616, 1'503'710'432},
    {"efficientnet_b5", kEfficientNet, 30'389'784, 2'356'493'184},
    {"efficientnet_b6", kEfficientNet, 43'040'704, 3'360'166'848},
    {"efficientnet_b7", kEfficientNet, 66'347'960, 5'169'865'152},
    {"efficientnet_v2_l", kEfficientNetV2, 118'515'272, 12'231'188'544},
    {"efficientnet_v2_m", kEfficientNetV2, 54'139'356, 5'362'207'200},
    {"efficientnet_v2_s", kEfficientNetV2, 21'458'488, 2'849'895'872},
    {"googlenet", kGoogLeNet, 6'624'904, 1'498'376'192},
    {"inception_v3", kInception, 23'834'568, 2'837'921'120},
    {"maxvit_t", kMaxVit, 30'919'624, 5'558'046'720},
    {"mnasnet0_5", kMnasNet, 2'218'512, 104'455'968},
    {"mnasnet0_75", kMnasNet, 3'170'208, 215'493'104},
    {"mnasnet1_0", kMnasNet, 4'383'312, 314'415'872},
    {"mnasnet1_3", kMnasNet, 6'282'256, 526'362'432},
    {"mobilenet_v2", kMobileNetV2, 3'504'872, 300'774'272},
    {"mobilenet_v3_large", kMobileNetV3, 5'483'032, 216'589'760},
    {"mobilenet_v3_small", kMobileNetV3, 2'542'856, 56'510'400},
    {"regnet_x_16gf", kRegNet, 54'278'536, 15'940'755'456},
    {"regnet_x_1_6gf", kRegNet, 9'190'136, 1'602'849'792},
    {"regnet_x_32gf", kRegNet, 107'811'560, 31'735'929'792},
    {"regnet_x_3_2gf", kRegNet, 15'296'552, 3'176'621'952},
    {"regnet_x_400mf", kRegNet, 5'495'976, 413'812'608},
    {"regnet_x_800mf", kRegNet, 7'259'656, 799'699'712},
    {"regnet_x_8gf", kRegNet, 39'572'648, 7'995'132'416},
    {"regnet_y_128gf", kRegNet, 644'812'894, 127'517'815'680},
    {"regnet_y_16gf", kRegNet, 83'590'140, 15'911'510'272},
    {"regnet_y_1_6gf", kRegNet, 11'202'430, 1'612'076'160},
    {"regnet_y_32gf", kRegNet, 145'046'770, 32'279'552'832},
    {"regnet_y_3_2gf", kRegNet, 19'436'338, 3'176'482'752},
    {"regnet_y_400mf", kRegNet, 4'344'144, 401'842'848},
    {"regnet_y_800mf", kRegNet, 6'432'512, 833'856'256},
    {"regnet_y_8gf", kRegNet, 39'381'472, 8'473'070'592},
    {"resnet101", kResNet, 44'549'160, 7'801'405'440},
    {"resnet152", kResNet, 60'192'808, 11'513'626'624},
    {"resnet18", kResNetBasic, 11'689'512, 1'814'073'344},
    {"resnet34", kResNetBasic, 21'797'672, 3'663'761'408},
    {"resnet50", kResNet, 25'557'032, 4'089'184'256},
    {"resnext101_32x8d", kResNeXt, 88'791'336, 16'414'015'488},
    {"resnext101_64x4d", kResNeXt, 83'455'272, 15'460'270'080},
    {"resnext50_32x4d", kResNeXt, 25'028'904, 4'230'479'872},
    {"shufflenet_v2_x0_5", kShuffleNet, 1'366'792, 40'476'448},
    {"shufflenet_v2_x1_0", kShuffleNet, 2'278'604, 144'907'992},
    {"shufflenet_v2_x1_5", kShuffleNet, 3'503'624, 295'759'392},
    {"shufflenet_v2_x2_0", kShuffleNet, 7'393'996, 583'253'464},
    {"squeezenet1_0", kSqueezeNet, 1'248'424, 818'924'576},
    {"squeezenet1_1", kSqueezeNet, 1'235'496, 349'151'936},
    {"swin_b", kSwin, 87'768'224, 15'430'946'816},
    {"swin_s", kSwin, 49'606'258, 8'740'875'264},
    {"swin_t", kSwin, 28'288'354, 4'490'566'656},
    {"swin_v2_b", kSwinV2, 87'930'848, 17'047'678'976},
    {"swin_v2_s", kSwinV2, 49'737'442, 9'695'284'224},
    {"swin_v2_t", kSwinV2, 28'351'570, 4'938'464'256},
    {"vgg11", kVgg, 132'863'336, 7'609'090'048},
    {"vgg11_bn", kVggNormalized, 132'868'840, 7'609'090'048},
    {"vgg13", kVgg, 133'047'848, 11'308'466'176},
    {"vgg13_bn", kVggNormalized, 133'053'736, 11'308'466'176},
    {"vgg16", kVgg, 138'357'544, 15'470'264'320},
    {"vgg16_bn", kVggNormalized, 138'365'992, 15'470'264'320},
    {"vgg19", kVgg, 143'667'240, 19'632'062'464},
    {"vgg19_bn", kVggNormalized, 143'678'248, 19'632'062'464},
    {"vit_b_16", kVit, 86'567'656, 17'563'828'224},
    {"vit_b_32", kVit, 88'224'232, 4'409'186'304},
    {"vit_h_14", kVit, 632'045'800, 167'295'109'120},
    {"vit_l_16", kVit, 304'326'632, 61'554'712'576},
    {"vit_l_32", kVit, 306'535'400, 15'377'539'072},
    {"wide_resnet101_2", kWideResNet, 126'886'696, 22'753'050'624},
    {"wide_resnet50_2", kWideResNet, 68'883'240, 11'398'021'120},
});

constexpr auto kModels = [] {
  std::array<BuiltinModel, kMembers.size()> models{};
  for (std::size_t i = 0; i < models.size(); ++i) {
    const Member& member = kMembers[i];
    models[i] = {member.name,        member.family.description, member.family.paper,
                 member.parameters,  member.multiply_adds,      member.family.training_only,
                 member.family.build};
  }
  return models;
}();

}  // namespace

std::span<const BuiltinModel> builtin_models() {
  return kModels;
}

}  // namespace headway::models
