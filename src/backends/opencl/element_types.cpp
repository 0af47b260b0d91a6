#include "backends/opencl/element_types.h"

namespace headway::opencl {

std::optional<std::string> computed_type(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return "float";
    case DType::kInt8:
      return "char";
    case DType::kUInt8:
    case DType::kBool:
      return "uchar";
    case DType::kInt16:
      return "short";
    case DType::kUInt16:
      return "ushort";
    case DType::kInt32:
      return "int";
    case DType::kUInt32:
      return "uint";
    case DType::kInt64:
      return "long";
    case DType::kUInt64:
      return "ulong";
    default:
      return std::nullopt;
  }
}

std::string moved_type(std::size_t bytes) {
  switch (bytes) {
    case 1:
      return "uchar";
    case 2:
      return "ushort";
    case 4:
      return "uint";
    case 8:
      return "uint2";
    default:
      return "uint4";
  }
}

}  // namespace headway::opencl
