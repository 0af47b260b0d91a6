#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace headway {

/// What a file holds, judged by its content alone.
enum class FileKind {
  kOnnx,
  kCompiled,      ///< Headway's own: a graph with packed weights.
  kTorchScript,   ///< Zip archive with code: torch.jit.save.
  kTorchWeights,  ///< Zip archive or pickle without code: torch.save of a state dict or module.
  kTorchExport,   ///< torch.export archive (.pt2).
  kSafetensors,
  kNumpy,
  kZip,
  kTruncatedZip,
  kGzip,
  kTarArchive,
  kHdf5,
  kTensorFlowLite,
  kHtml,
  kGitLfsPointer,
  kText,
  kUnknown,
};

FileKind detect_kind(std::span<const std::byte> bytes);

/// For messages: "a PyTorch state dict (weights without the model's code); …what to do".
std::string_view description_of(FileKind kind) noexcept;

}  // namespace headway
