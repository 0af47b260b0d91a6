#pragma once

#include "ops/operator.h"

namespace headway {

/// BatchNormalization's attributes, shape rule and kernel, which FusedBatchNormalization shares.
std::vector<AttributeSpec> batch_normalization_attributes();
void infer_batch_normalization(InferContext& context);
void run_batch_normalization(const Node& node, std::span<const Tensor> inputs,
                             std::span<Tensor> outputs);

}  // namespace headway
