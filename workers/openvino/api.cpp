#include "openvino/api.h"

#include <string>
#include <utility>

#include "base/error.h"

namespace headway::workers {
namespace {

constexpr std::pair<DType, ov_element_type_e> kElementTypes[] = {
    {DType::kFloat32, F32},   {DType::kFloat64, F64}, {DType::kFloat16, F16},
    {DType::kBFloat16, BF16}, {DType::kInt8, I8},     {DType::kUInt8, U8},
    {DType::kInt16, I16},     {DType::kUInt16, U16},  {DType::kInt32, I32},
    {DType::kUInt32, U32},    {DType::kInt64, I64},   {DType::kUInt64, U64},
    {DType::kBool, BOOLEAN},
};

/// OpenVINO reports "Exception from file:line:" before the reason.
std::string reason_of(std::string message) {
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
  const std::size_t last_line = message.rfind('\n');
  return last_line == std::string::npos ? message : message.substr(last_line + 1);
}

}  // namespace

#define HEADWAY_INITIALIZE(name) name = library.function<decltype(name)>(#name);
OpenVinoApi::OpenVinoApi(const SharedLibrary& library) {
  HEADWAY_OPENVINO_FUNCTIONS(HEADWAY_INITIALIZE)
}
#undef HEADWAY_INITIALIZE

void OpenVinoApi::check(ov_status_e status, ErrorCode code) const {
  if (status == OK) return;
  const char* message = ov_get_last_err_msg();
  fail(code, "OpenVINO says: ",
       message == nullptr ? concat("error ", static_cast<int>(status)) : reason_of(message));
}

ov_element_type_e element_type_of(DType dtype) {
  for (const auto& [known, element_type] : kElementTypes) {
    if (known == dtype) return element_type;
  }
  fail(ErrorCode::kUnsupported, "OpenVINO has no tensors of ", name_of(dtype));
}

DType dtype_of(ov_element_type_e element_type) {
  for (const auto& [dtype, known] : kElementTypes) {
    if (known == element_type) return dtype;
  }
  fail(ErrorCode::kUnsupported, "an output has OpenVINO's element type ",
       static_cast<int>(element_type), ", which Headway has no tensors of");
}

}  // namespace headway::workers
