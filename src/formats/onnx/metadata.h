#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace headway {

/// What an ONNX file says about its origin; for people, nothing depends on it.
struct OnnxMetadata {
  std::string producer;         ///< Name and version, as far as they are given.
  std::int64_t ir_version = 0;  ///< 0: not given.
  std::int64_t opset = 0;       ///< Of the default domain, before any upgrade; 0: not given.
};

/// Reads a file that read_onnx() accepts. Throws Error naming the file if it cannot be read.
OnnxMetadata read_onnx_metadata(const std::filesystem::path& path);

}  // namespace headway
