#include "backends/packed_weights.h"

namespace headway {

Tensor PackedWeights::get(const std::string& key, const std::function<Tensor()>& pack) {
  const std::lock_guard lock(mutex_);
  const auto found = tensors_.find(key);
  if (found != tensors_.end()) return found->second;
  return tensors_.emplace(key, pack()).first->second;
}

std::size_t PackedWeights::byte_size() const {
  const std::lock_guard lock(mutex_);
  std::size_t bytes = 0;
  for (const auto& [key, tensor] : tensors_) bytes += tensor.byte_size();
  return bytes;
}

}  // namespace headway
