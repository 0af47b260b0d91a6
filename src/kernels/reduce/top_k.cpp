#include <algorithm>
#include <bit>
#include <functional>
#include <limits>
#include <type_traits>

#include "kernels/inner_loops.h"
#include "kernels/reduce/order.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

template <typename T>
using KeyOf = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;

/// An element whose order is that of the numbers `packed`: the larger comes first.
__extension__ using Wide = unsigned __int128;
template <typename T>
using PackedOf = std::conditional_t<sizeof(T) == 8, Wide, std::uint64_t>;

/// An unsigned number that grows with x; of smallest elements, that falls. Both zeros are the same.
template <typename T>
KeyOf<T> key_of(T x, bool largest) {
  using Key = KeyOf<T>;
  constexpr Key kSign = Key{1} << (8 * sizeof(Key) - 1);
  if constexpr (std::is_floating_point_v<T>) {
    const Key bits = std::bit_cast<Key>(x + T{0});
    const Key key = (bits & kSign) != 0 ? ~bits : bits | kSign;
    const Key ordered = largest ? key : ~key;
    return x != x ? std::numeric_limits<Key>::max() : ordered;
  } else {
    const Key key = static_cast<Key>(x) ^ (std::is_signed_v<T> ? kSign : Key{0});
    return largest ? key : ~key;
  }
}

/// The lower of two indices makes the larger number.
template <typename T>
PackedOf<T> pack(KeyOf<T> key, std::int64_t index) {
  return PackedOf<T>{key} << 32 | static_cast<std::uint32_t>(~static_cast<std::uint32_t>(index));
}

template <typename T>
std::int64_t index_of(PackedOf<T> packed) {
  return static_cast<std::uint32_t>(~static_cast<std::uint32_t>(packed));
}

/// Room for candidates, thinned to the best `count` whenever it is full.
std::int64_t capacity_of(std::int64_t count) {
  return 2 * count + 64;
}

/// The keys of `size` elements; returns the largest.
template <typename T>
KeyOf<T> keys_of(const InnerLoops& loops, bool largest, std::int64_t size, const T* elements,
                 std::int64_t stride, KeyOf<T>* keys) {
  if constexpr (std::is_same_v<T, float>) {
    if (stride == 1) return loops.order_keys(largest, size, elements, keys);
  }
  for (std::int64_t i = 0; i < size; ++i) keys[i] = key_of(elements[i * stride], largest);
  return *std::max_element(keys, keys + size);
}

/// Leaves the best `count` elements of a line at the front of `candidates`, in order.
template <typename T>
void select_line(const InnerLoops& loops, const T* line, std::int64_t extent, std::int64_t stride,
                 std::int64_t count, bool largest, PackedOf<T>* candidates) {
  using Packed = PackedOf<T>;
  constexpr std::int64_t kBlock = 64;
  const std::int64_t capacity = capacity_of(count);
  std::int64_t size = 0;
  KeyOf<T> bound = 0;  // Later elements must exceed it once `bounded`.
  bool bounded = false;
  for (std::int64_t first = 0; first < extent; first += kBlock) {
    KeyOf<T> keys[kBlock];
    const std::int64_t block = std::min(kBlock, extent - first);
    const KeyOf<T> best = keys_of(loops, largest, block, line + first * stride, stride, keys);
    if (bounded && best <= bound) continue;
    for (std::int64_t i = 0; i < block; ++i) {
      if (!bounded || keys[i] > bound) candidates[size++] = pack<T>(keys[i], first + i);
    }
    if (size + kBlock > capacity || (!bounded && size >= count)) {
      std::nth_element(candidates, candidates + count - 1, candidates + size,
                       std::greater<Packed>());
      size = count;
      bound = static_cast<KeyOf<T>>(candidates[count - 1] >> 32);
      bounded = true;
    }
  }
  const auto middle = candidates + count;
  if (size > count)
    std::nth_element(candidates, middle - 1, candidates + size, std::greater<Packed>());
  std::sort(candidates, middle, std::greater<Packed>());
}

}  // namespace

std::size_t top_k_scratch(std::size_t element_size, std::int64_t count, int threads) noexcept {
  const std::size_t packed = element_size == 8 ? sizeof(Wide) : sizeof(std::uint64_t);
  return static_cast<std::size_t>(capacity_of(count)) * packed * static_cast<std::size_t>(threads);
}

template <typename T>
void top_k(const KernelContext& context, const LineExtents& lines, std::int64_t count, bool largest,
           const T* input, void* scratch, T* values, std::int64_t* indices) noexcept {
  const std::int64_t inner = lines.inner, extent = lines.extent;
  const auto run = [&](std::int64_t first, std::int64_t end, int thread) {
    auto* candidates = static_cast<PackedOf<T>*>(scratch) + thread * capacity_of(count);
    for (std::int64_t line = first; line < end; ++line) {
      const T* x = input + line / inner * extent * inner + line % inner;
      const std::int64_t at = line / inner * count * inner + line % inner;
      select_line(context.loops, x, extent, inner, count, largest, candidates);
      for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t index = index_of<T>(candidates[i]);
        if (values != nullptr) values[at + i * inner] = x[index * inner];
        if (indices != nullptr) indices[at + i * inner] = index;
      }
    }
  };
  for_tasks(context, lines.outer * inner, 4 * extent, run);
}

#define HEADWAY_TOP_K(T)                                                                      \
  template void top_k(const KernelContext&, const LineExtents&, std::int64_t, bool, const T*, \
                      void*, T*, std::int64_t*) noexcept;
HEADWAY_TOP_K(float)
HEADWAY_TOP_K(double)
HEADWAY_TOP_K(std::int8_t)
HEADWAY_TOP_K(std::uint8_t)
HEADWAY_TOP_K(std::int16_t)
HEADWAY_TOP_K(std::uint16_t)
HEADWAY_TOP_K(std::int32_t)
HEADWAY_TOP_K(std::uint32_t)
HEADWAY_TOP_K(std::int64_t)
HEADWAY_TOP_K(std::uint64_t)
#undef HEADWAY_TOP_K

}  // namespace headway
