#include "onnxruntime/api.h"

#include <array>
#include <string_view>
#include <utility>

namespace headway::workers::ort {
namespace {

constexpr std::array<std::pair<DType, int>, 13> kElementTypes{{
    {DType::kFloat32, 1},
    {DType::kUInt8, 2},
    {DType::kInt8, 3},
    {DType::kUInt16, 4},
    {DType::kInt16, 5},
    {DType::kInt32, 6},
    {DType::kInt64, 7},
    {DType::kBool, 9},
    {DType::kFloat16, 10},
    {DType::kFloat64, 11},
    {DType::kUInt32, 12},
    {DType::kUInt64, 13},
    {DType::kBFloat16, 16},
}};

ErrorCode error_code_of(int code) {
  switch (code) {
    case kInvalidArgument:
      return ErrorCode::kInvalidArgument;
    case kNoSuchFile:
    case kNoModel:
    case kInvalidProtobuf:
    case kInvalidGraph:
      return ErrorCode::kInvalidModel;
    case kNotImplemented:
      return ErrorCode::kUnsupported;
    default:
      return ErrorCode::kInternal;
  }
}

}  // namespace

Api::Api(const SharedLibrary& library)
    : base_(library.function<const ApiBase* (*)()>("OrtGetApiBase")()),
      table_(base_->get_table(kTableForCpu)),
      version_(base_->get_version()) {
  if (table_ == nullptr) {
    fail(ErrorCode::kUnsupported, "ONNX Runtime ", version_, " in '", library.path(),
         "' is too old; version 1.5 or newer is needed");
  }
  check_table(library);
  read_providers();
}

void Api::require(std::uint32_t table_version) {
  table_ = base_->get_table(table_version);
  if (table_ == nullptr) {
    fail(ErrorCode::kUnsupported, "ONNX Runtime ", version_,
         " is too old to choose a GPU; version 1.", table_version, " or newer is needed");
  }
}

void Api::check(Status* status) const {
  if (status == nullptr) return;
  const int code = raw(kGetErrorCode, status);
  const std::string message = raw(kGetErrorMessage, status);
  raw(kReleaseStatus, status);
  fail(error_code_of(code), "ONNX Runtime ", version_, " says: ", message);
}

/// Slots that do what their names say make a shifted table all but impossible.
void Api::check_table(const SharedLibrary& library) const {
  Status* status = raw(kCreateStatus, kNotImplemented, "a message");
  const bool status_kept = status != nullptr && raw(kGetErrorCode, status) == kNotImplemented &&
                           std::string_view(raw(kGetErrorMessage, status)) == "a message";
  raw(kReleaseStatus, status);
  const char* name = nullptr;
  if (status_kept) {
    const auto memory =
        make<MemoryInfo>(kCreateCpuMemoryInfo, kReleaseMemoryInfo, kArenaAllocator, kDefaultMemory);
    call(kMemoryInfoGetName, memory.get(), &name);
    if (name != nullptr && std::string_view(name) == "Cpu") return;
  }
  fail(ErrorCode::kUnsupported, "'", library.path(), "' says it is ONNX Runtime ", version_,
       ", but its C interface does not behave like one");
}

void Api::read_providers() {
  char** names = nullptr;
  int count = 0;
  call(kGetAvailableProviders, &names, &count);
  providers_.assign(names, names + count);
  call(kReleaseAvailableProviders, names, count);
}

int element_type_of(DType dtype) noexcept {
  for (const auto& [known, number] : kElementTypes) {
    if (known == dtype) return number;
  }
  return 0;
}

DType dtype_of(int element_type) {
  for (const auto& [known, number] : kElementTypes) {
    if (number == element_type) return known;
  }
  fail(ErrorCode::kUnsupported, "an output has ONNX element type ", element_type,
       ", which Headway has no tensors of");
}

}  // namespace headway::workers::ort
