#pragma once

#include "models/models.h"

namespace headway::models {

Graph densenet121(const ModelOptions& options);
Graph efficientnet_b0(const ModelOptions& options);
Graph mobilenet_v2(const ModelOptions& options);
Graph resnet18(const ModelOptions& options);
Graph resnet50(const ModelOptions& options);
Graph squeezenet1_1(const ModelOptions& options);
Graph vgg16(const ModelOptions& options);

}  // namespace headway::models
