#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "formats/torch/archive.h"
#include "formats/torch/legacy.h"
#include "formats/torch/weights.h"

using namespace headway;

namespace {

/// Every element of what is read must be there.
void touch(const torch::NamedTensors& tensors) {
  for (const auto& [name, tensor] : tensors)
    if (tensor.size() < 1 << 16) tensor.clone();
}

}  // namespace

// An archive is read to its tensors or refused with an Error; so is a legacy file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    if (torch::is_legacy(bytes)) {
      const auto none = [](std::span<const std::byte>) { return nullptr; };
      touch(torch::tensors_of(torch::read_legacy(bytes, "fuzz", none).root));
    } else {
      torch::Archive archive(bytes, "fuzz");
      touch(torch::tensors_of(archive.unpickle("data.pkl", "data").root));
    }
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
