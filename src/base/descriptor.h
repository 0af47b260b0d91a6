#pragma once

#include <string>
#include <utility>

namespace headway {

/// Owns a POSIX file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int descriptor) noexcept : descriptor_(descriptor) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

  explicit operator bool() const noexcept { return descriptor_ >= 0; }
  int get() const noexcept { return descriptor_; }
  /// Closes it now; false (with errno set) if the system reports a lost write.
  bool reset() noexcept;

 private:
  int descriptor_ = -1;
};

/// What errno means, in words. For messages, right after the failed call.
std::string system_message();

}  // namespace headway
