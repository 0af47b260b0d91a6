#include "formats/torchscript/op_map.h"

#include <algorithm>

#include "base/error.h"

namespace headway::torchscript {

EmitFunction find_emitter(std::string_view op_type) {
  for (const auto family :
       {convolution_mappings, pool_mappings, elementwise_mappings, activation_mappings,
        matmul_mappings, normalization_mappings, reduce_mappings, shape_mappings, index_mappings,
        resize_mappings, math_mappings}) {
    const std::span<const OpMapping> mappings = family();
    const auto found = std::ranges::find(mappings, op_type, &OpMapping::op_type);
    if (found != mappings.end()) return found->emit;
  }
  return nullptr;
}

int scalar_type_of(DType dtype) {
  switch (dtype) {
    case DType::kUInt8:
      return 0;
    case DType::kInt8:
      return 1;
    case DType::kInt16:
      return 2;
    case DType::kInt32:
      return 3;
    case DType::kInt64:
      return 4;
    case DType::kFloat16:
      return 5;
    case DType::kFloat32:
      return 6;
    case DType::kFloat64:
      return 7;
    case DType::kBool:
      return 11;
    case DType::kBFloat16:
      return 15;
    default:
      fail(ErrorCode::kUnsupported, "PyTorch has no tensors of ", name_of(dtype));
  }
}

}  // namespace headway::torchscript
