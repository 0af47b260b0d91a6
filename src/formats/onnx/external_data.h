#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/mapped_file.h"

namespace headway::onnx {

/// The files beside a model that hold its large tensors, mapped on first use and shared.
class ExternalData {
 public:
  /// `folder` is the model's; empty for the current one.
  explicit ExternalData(std::filesystem::path folder) : folder_(std::move(folder)) {}

  struct Slice {
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner;  ///< Keeps the bytes mapped.
  };

  /// The elements that `entries` (location, offset, length) point to; `expected` bytes of them.
  /// Throws Error(kInvalidModel) if the location leaves the folder (absolute, "..", symbolic link)
  /// or the range does not lie in the file.
  Slice find(const std::map<std::string, std::string>& entries, std::size_t expected);

 private:
  const std::shared_ptr<const MappedFile>& open(const std::string& location);

  std::filesystem::path folder_;
  std::map<std::string, std::shared_ptr<const MappedFile>> files_;
};

}  // namespace headway::onnx
