#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "formats/torch/archive.h"
#include "formats/torch/pickle.h"
#include "formats/torch/weights.h"

using namespace headway;

// The first byte is the size of a storage, which follows; the rest is the pickle.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size - 1 < data[0]) return 0;
  const std::span bytes(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
  const auto elements = bytes.first(data[0]);
  const auto load = [&](const torch::PickleObject& id) -> torch::PickleValue {
    const torch::StorageId wanted = torch::parse_storage_id(id);
    auto storage = std::make_shared<torch::Storage>();
    storage->type = wanted.type;
    storage->dtype = torch::dtype_of_storage(wanted.type);
    storage->bytes = elements;
    storage->owner_of = [](std::span<const std::byte>) { return nullptr; };
    storage->copy_budget = std::make_shared<std::uint64_t>(1 << 20);
    return std::shared_ptr<const torch::Storage>(std::move(storage));
  };
  try {
    const torch::Pickle pickle = torch::read_pickle(bytes.subspan(data[0]), "fuzz", load);
    for (const auto& [name, tensor] : torch::tensors_of(pickle.root)) tensor.clone();
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
