#include "formats/weights.h"

#include "base/error.h"
#include "base/mapped_file.h"
#include "formats/format.h"
#include "formats/safetensors/safetensors.h"
#include "formats/torch/archive.h"
#include "formats/torch/legacy.h"
#include "formats/torch/weights.h"

namespace headway {
namespace {

torch::NamedTensors tensors_of(const torch::Pickle& pickle, const std::filesystem::path& file) {
  try {
    return torch::tensors_of(pickle.root);
  } catch (const Error& error) {
    fail(error.code(), "'", file.string(), "': ", error.what());
  }
}

}  // namespace

std::vector<std::pair<std::string, Tensor>> read_weights(const std::filesystem::path& file) {
  const auto mapped = MappedFile::open(file);
  const auto bytes = mapped->bytes();
  const auto owner_of = [&](std::span<const std::byte> range) { return own_range(mapped, range); };
  const FileKind kind = detect_kind(bytes);
  if (kind == FileKind::kSafetensors) return safetensors::read(bytes, file.string(), owner_of);
  if (kind == FileKind::kTorchWeights && torch::is_legacy(bytes)) {
    const std::string source = concat("'", file.string(), "'");
    return tensors_of(torch::read_legacy(bytes, source, owner_of), file);
  }
  const bool is_zip = !bytes.empty() && bytes[0] == std::byte{'P'};
  if (is_zip && (kind == FileKind::kTorchWeights || kind == FileKind::kTorchScript)) {
    torch::Archive archive(mapped);
    const torch::Pickle pickle = archive.unpickle("data.pkl", "data");
    return tensors_of(pickle, file);
  }
  fail(ErrorCode::kUnsupported, "'", file.string(),
       "' holds no weights that Headway can read: it is ",
       kind == FileKind::kTorchWeights ? "a pickle that torch.save has not written"
                                       : description_of(kind));
}

}  // namespace headway
