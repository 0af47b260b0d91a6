#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "headway/dtype.h"

#include "base/error.h"
#include "common/shared_library.h"
#include "onnxruntime/c_api.h"

namespace headway::workers::ort {

/// A loaded ONNX Runtime: calls through its table, statuses turned into Error.
class Api {
 public:
  /// Throws Error(kUnsupported) if the library is not an ONNX Runtime this worker can drive.
  explicit Api(const SharedLibrary& library);

  const std::string& version() const noexcept { return version_; }
  const std::vector<std::string>& providers() const noexcept { return providers_; }

  /// Demands the functions of a newer table. Throws Error(kUnsupported) if the library is older.
  void require(std::uint32_t table_version);

  /// Calls a function that returns a status; throws Error with ONNX Runtime's own message.
  template <typename F, typename... Args>
  void call(const F& function, Args... args) const {
    check(function(table_, args...));
  }

  /// Calls a function that returns something else.
  template <typename F, typename... Args>
  auto raw(const F& function, Args... args) const {
    return function(table_, args...);
  }

  /// Creates an object through `create`, to be released through `release`.
  template <typename T, typename Create, typename Release, typename... Args>
  auto make(const Create& create, const Release& release, Args... args) const {
    T* object = nullptr;
    call(create, args..., &object);
    auto deleter = [table = table_, release](T* pointer) { release(table, pointer); };
    return std::shared_ptr<T>(object, deleter);
  }

 private:
  void check(Status* status) const;
  void check_table(const SharedLibrary& library) const;
  void read_providers();

  const ApiBase* base_;
  const void* const* table_;
  std::string version_;
  std::vector<std::string> providers_;
};

/// ONNX's number for an element type, and back. `dtype_of` throws Error(kUnsupported) for types
/// that have no DType (strings, complex numbers, four-bit integers).
int element_type_of(DType dtype) noexcept;
DType dtype_of(int element_type);

}  // namespace headway::workers::ort
