#include "backends/opencl/device_weights.h"

#include <vector>

namespace headway::opencl {

Buffer DeviceWeights::get(const Tensor& source) {
  if (Buffer found = find(source, "")) return found;
  const Buffer buffer = context_.upload(source.raw(), source.byte_size());
  put(source, "", buffer, source.byte_size(), true);
  return buffer;
}

Buffer DeviceWeights::get(const Tensor& source, const std::string& layout, std::size_t floats,
                          const std::function<void(const float*, float*)>& pack) {
  if (Buffer found = find(source, layout)) return found;
  std::vector<float> packed(floats);
  pack(static_cast<const float*>(source.raw()), packed.data());
  const std::size_t bytes = floats * sizeof(float);
  const Buffer buffer = context_.upload(packed.data(), bytes);
  put(source, layout, buffer, bytes, keep_);
  return buffer;
}

std::size_t DeviceWeights::byte_size() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

Buffer DeviceWeights::find(const Tensor& source, const std::string& layout) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find({source.raw(), layout});
  return found == entries_.end() ? nullptr : found->second.buffer;
}

void DeviceWeights::put(const Tensor& source, const std::string& layout, const Buffer& buffer,
                        std::size_t bytes, bool keep) {
  const std::lock_guard lock(mutex_);
  bytes_ += bytes;
  if (keep) entries_[{source.raw(), layout}] = {source, buffer};
}

}  // namespace headway::opencl
