#include "backends/packed_weights.h"

#include "ops/elements.h"

namespace headway {

Tensor PackedWeights::get(const Tensor& source, const std::string& layout, std::size_t floats,
                          const std::function<void(const float*, float*)>& pack) {
  const std::lock_guard lock(mutex_);
  const std::pair key(static_cast<const void*>(source.raw()), layout);
  if (shared_) {
    const auto found = entries_.find(key);
    if (found != entries_.end()) return found->second.packed;
  }
  Tensor packed = Tensor::allocate(DType::kFloat32, {static_cast<std::int64_t>(floats)});
  pack(aligned(source).data<float>(), packed.data<float>());
  bytes_ += packed.byte_size();
  if (shared_) entries_.emplace(key, Entry{source, packed});
  return packed;
}

std::size_t PackedWeights::byte_size() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace headway
