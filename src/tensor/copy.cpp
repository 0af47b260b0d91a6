#include "tensor/copy.h"

#include <algorithm>
#include <cstring>

namespace headway {

void copy_elements(const Tensor& from, Tensor& to) {
  copy_elements(from, 0, to, 0, from.size());
}

void copy_elements(const Tensor& from, std::int64_t first, Tensor& to, std::int64_t target,
                   std::int64_t count) {
  if (count == 0) return;
  if (from.dtype() == DType::kString) {
    std::copy_n(from.data<std::string>() + first, count, to.data<std::string>() + target);
    return;
  }
  const std::size_t step = size_of(from.dtype());
  const auto bytes = [step](std::int64_t elements) {
    return static_cast<std::size_t>(elements) * step;
  };
  std::memcpy(static_cast<std::byte*>(to.raw()) + bytes(target),
              static_cast<const std::byte*>(from.raw()) + bytes(first), bytes(count));
}

}  // namespace headway
