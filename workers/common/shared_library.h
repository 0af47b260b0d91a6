#pragma once

#include <string>

namespace headway::workers {

/// A dynamically loaded library; it stays loaded for the life of the process, because runtimes
/// leave threads and exit handlers behind.
class SharedLibrary {
 public:
  /// `file` is a path, or a bare name that the dynamic linker searches for.
  /// Throws Error(kNotFound) with the linker's reason.
  static SharedLibrary open(const std::string& file);

  /// Where the linker found it.
  const std::string& path() const noexcept { return path_; }

  /// The function called `name`, as a pointer of type Function.
  /// Throws Error(kUnsupported) naming the library if it has none.
  template <typename Function>
  Function function(const char* name) const {
    return reinterpret_cast<Function>(symbol(name));
  }

 private:
  SharedLibrary(void* handle, std::string path) : handle_(handle), path_(std::move(path)) {}

  void* symbol(const char* name) const;

  void* handle_;
  std::string path_;
};

}  // namespace headway::workers
