#pragma once

#include <span>
#include <string_view>

#include "formats/torchscript/emitter.h"

namespace headway::torchscript {

using EmitFunction = void (*)(Emitter& emitter);

struct OpMapping {
  std::string_view op_type;
  EmitFunction emit;
};

/// nullptr if ATen has no counterpart.
EmitFunction find_emitter(std::string_view op_type);

// The families, one file each.
std::span<const OpMapping> convolution_mappings();
std::span<const OpMapping> pool_mappings();
std::span<const OpMapping> elementwise_mappings();
std::span<const OpMapping> activation_mappings();
std::span<const OpMapping> matmul_mappings();
std::span<const OpMapping> normalization_mappings();
std::span<const OpMapping> reduce_mappings();
std::span<const OpMapping> shape_mappings();
std::span<const OpMapping> index_mappings();
std::span<const OpMapping> math_mappings();
std::span<const OpMapping> resize_mappings();

/// torch.dtype as TorchScript code writes it: c10::ScalarType's number.
int scalar_type_of(DType dtype);

}  // namespace headway::torchscript
