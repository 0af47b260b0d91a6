#pragma once

#include "formats/onnx/contrib/contrib.h"

namespace headway::onnx {

// One function per family; contrib.cpp collects them.

std::vector<ContribOperator> contrib_activations();
std::vector<ContribOperator> contrib_attention();
std::vector<ContribOperator> contrib_block_quantized();
std::vector<ContribOperator> contrib_fused();
std::vector<ContribOperator> contrib_normalization();
std::vector<ContribOperator> contrib_plain();
std::vector<ContribOperator> contrib_quantized();

}  // namespace headway::onnx
