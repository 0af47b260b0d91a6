#pragma once

#include <string_view>

#include "models/models.h"

namespace headway::models {

/// One family each: builds its member of that name.
Graph bert(std::string_view name, const ModelOptions& options);
Graph convnext(std::string_view name, const ModelOptions& options);
Graph densenet(std::string_view name, const ModelOptions& options);
Graph efficientnet(std::string_view name, const ModelOptions& options);
Graph googlenet(std::string_view name, const ModelOptions& options);
Graph inception_v3(std::string_view name, const ModelOptions& options);
Graph maxvit(std::string_view name, const ModelOptions& options);
Graph mnasnet(std::string_view name, const ModelOptions& options);
Graph mobilenet_v2(std::string_view name, const ModelOptions& options);
Graph mobilenet_v3(std::string_view name, const ModelOptions& options);
Graph regnet(std::string_view name, const ModelOptions& options);
Graph resnet(std::string_view name, const ModelOptions& options);
Graph shufflenet_v2(std::string_view name, const ModelOptions& options);
Graph squeezenet(std::string_view name, const ModelOptions& options);
Graph swin(std::string_view name, const ModelOptions& options);
Graph vgg(std::string_view name, const ModelOptions& options);
Graph vit(std::string_view name, const ModelOptions& options);

}  // namespace headway::models
