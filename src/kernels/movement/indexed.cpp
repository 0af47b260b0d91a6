#include "kernels/movement/indexed.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <type_traits>

#include "kernels/strided.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// The loop nest over the indices: what else than the index moves an element, and the position.
class ElementNest {
 public:
  explicit ElementNest(const ElementIndices& elements)
      : ElementNest(elements, strides(elements), dense_strides(elements.shape)) {}

  std::int64_t rows() const { return nest_.outer_size(1); }
  std::int64_t row_size() const { return nest_.extent(nest_.rank() - 1); }

  /// Calls visit(element, position) for rows [first, last), but not where an index is outside; true
  /// if none was.
  template <typename Index, typename Visit>
  bool visit(std::int64_t first, std::int64_t last, const Index* indices,
             const Visit& visit) const {
    const std::int64_t size = row_size(), step = nest_.stride(0, nest_.rank() - 1);
    const auto extent = static_cast<std::uint64_t>(extent_);
    bool all_inside = true;
    nest_.for_outer(1, first, last, [&](const auto& offsets) {
      const Index* row = indices + offsets[1];
      for (std::int64_t i = 0; i < size; ++i) {
        const std::int64_t index = row[i] < 0 ? row[i] + extent_ : row[i];
        if (static_cast<std::uint64_t>(index) < extent) {
          visit(offsets[0] + i * step + index * stride_, offsets[1] + i);
        } else {
          all_inside = false;
        }
      }
    });
    return all_inside;
  }

 private:
  using Strides = std::array<std::int64_t, kMaxRank>;

  static Strides strides(const ElementIndices& elements) {
    Strides result = dense_strides(elements.extents);
    result[elements.axis] = 0;
    return result;
  }

  ElementNest(const ElementIndices& elements, const Strides& moves, const Strides& positions)
      : nest_(elements.shape, {std::span(moves).first(elements.shape.size()),
                               std::span(positions).first(elements.shape.size())}),
        extent_(elements.extents[elements.axis]),
        stride_(dense_strides(elements.extents)[elements.axis]) {}

  StridedNest<2> nest_;
  std::int64_t extent_, stride_;
};

std::int64_t size_of_shape(std::span<const std::int64_t> shape) {
  std::int64_t size = 1;
  for (const std::int64_t extent : shape) size *= extent;
  return size;
}

template <typename Index>
std::optional<std::int64_t> first_outside(const ElementIndices& elements, const Index* indices) {
  const std::int64_t extent = elements.extents[elements.axis];
  const auto* end = indices + size_of_shape(elements.shape);
  return std::find_if(indices, end,
                      [&](Index index) { return index < -extent || index >= extent; }) -
         indices;
}

template <typename Element, typename Index>
bool gather_sized(const KernelContext& context, const ElementNest& nest, const void* input,
                  const Index* indices, void* output) {
  const auto* x = static_cast<const Element*>(input);
  auto* y = static_cast<Element*>(output);
  std::atomic<bool> all_inside = true;
  for_tasks(context, nest.rows(), nest.row_size(), [&](std::int64_t first, std::int64_t last, int) {
    const bool inside =
        nest.visit(first, last, indices,
                   [=](std::int64_t element, std::int64_t position) { y[position] = x[element]; });
    if (!inside) all_inside = false;
  });
  return all_inside;
}

/// Integers wrap around, which only unsigned ones may; 1U keeps small ones from becoming signed.
template <typename T>
T add(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(1U * static_cast<U>(a) + static_cast<U>(b));
  } else {
    return a + b;
  }
}

template <typename T>
T multiply(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(1U * static_cast<U>(a) * static_cast<U>(b));
  } else {
    return a * b;
  }
}

/// Calls body(join) with the function of what is there and the update.
template <typename T, typename Body>
void with_combine(Combine combine, const Body& body) {
  switch (combine) {
    case Combine::kReplace:
      return body([](T, T update) { return update; });
    case Combine::kAdd:
      return body([](T old, T update) { return add(old, update); });
    case Combine::kMul:
      return body([](T old, T update) { return multiply(old, update); });
    case Combine::kMax:
      return body([](T old, T update) { return update > old || update != update ? update : old; });
    case Combine::kMin:
      return body([](T old, T update) { return update < old || update != update ? update : old; });
  }
}

/// Of the tuples of all blocks.
std::optional<std::int64_t> first_tuple_outside(const BlockIndices& blocks,
                                                const std::int64_t* indices) {
  const auto depth = static_cast<std::int64_t>(blocks.extents.size());
  for (std::int64_t i = 0; i < blocks.blocks * depth; ++i) {
    const std::int64_t extent = blocks.extents[static_cast<std::size_t>(i % depth)];
    if (indices[i] < -extent || indices[i] >= extent) return i;
  }
  return std::nullopt;
}

/// First element of a block.
std::int64_t block_at(const BlockIndices& blocks, const std::int64_t* indices, std::int64_t block) {
  const std::size_t depth = blocks.extents.size();
  const std::int64_t* tuple = indices + block * static_cast<std::int64_t>(depth);
  std::int64_t at = block / (blocks.blocks / blocks.batches);
  for (std::size_t i = 0; i < depth; ++i)
    at = at * blocks.extents[i] + (tuple[i] < 0 ? tuple[i] + blocks.extents[i] : tuple[i]);
  return at * blocks.block_size;
}

}  // namespace

template <typename Index>
std::optional<std::int64_t> gather_elements(const KernelContext& context,
                                            const ElementIndices& elements,
                                            std::size_t element_size, const void* input,
                                            const Index* indices, void* output) noexcept {
  const ElementNest nest(elements);
  const auto run = [&]<typename Element>(std::type_identity<Element>) {
    return gather_sized<Element>(context, nest, input, indices, output);
  };
  const bool all_inside = element_size == 1   ? run(std::type_identity<std::uint8_t>{})
                          : element_size == 2 ? run(std::type_identity<std::uint16_t>{})
                          : element_size == 4 ? run(std::type_identity<std::uint32_t>{})
                                              : run(std::type_identity<std::uint64_t>{});
  return all_inside ? std::nullopt : first_outside(elements, indices);
}

template <typename T, typename Index>
std::optional<std::int64_t> scatter_elements(const ElementIndices& elements, Combine combine,
                                             const Index* indices, const T* updates,
                                             T* data) noexcept {
  const ElementNest nest(elements);
  bool all_inside = true;
  with_combine<T>(combine, [&](auto join) {
    all_inside =
        nest.visit(0, nest.rows(), indices, [=](std::int64_t element, std::int64_t position) {
          data[element] = join(data[element], updates[position]);
        });
  });
  return all_inside ? std::nullopt : first_outside(elements, indices);
}

std::optional<std::int64_t> gather_blocks(const KernelContext& context, const BlockIndices& blocks,
                                          std::size_t element_size, const void* input,
                                          const std::int64_t* indices, void* output) noexcept {
  if (const auto outside = first_tuple_outside(blocks, indices)) return outside;
  const std::size_t bytes = static_cast<std::size_t>(blocks.block_size) * element_size;
  for_tasks(context, blocks.blocks, blocks.block_size,
            [&](std::int64_t first, std::int64_t last, int) {
              for (std::int64_t block = first; block < last; ++block) {
                const auto from = static_cast<std::size_t>(block_at(blocks, indices, block));
                std::memcpy(static_cast<char*>(output) + static_cast<std::size_t>(block) * bytes,
                            static_cast<const char*>(input) + from * element_size, bytes);
              }
            });
  return std::nullopt;
}

template <typename T>
std::optional<std::int64_t> scatter_blocks(const BlockIndices& blocks, Combine combine,
                                           const std::int64_t* indices, const T* updates,
                                           T* data) noexcept {
  if (const auto outside = first_tuple_outside(blocks, indices)) return outside;
  with_combine<T>(combine, [&](auto join) {
    for (std::int64_t block = 0; block < blocks.blocks; ++block) {
      T* to = data + block_at(blocks, indices, block);
      const T* from = updates + block * blocks.block_size;
      for (std::int64_t i = 0; i < blocks.block_size; ++i) to[i] = join(to[i], from[i]);
    }
  });
  return std::nullopt;
}

#define HEADWAY_GATHER(Index)                                                              \
  template std::optional<std::int64_t> gather_elements(const KernelContext&,               \
                                                       const ElementIndices&, std::size_t, \
                                                       const void*, const Index*, void*) noexcept;
HEADWAY_GATHER(std::int32_t)
HEADWAY_GATHER(std::int64_t)
#undef HEADWAY_GATHER

#define HEADWAY_SCATTER_AT(T, Index)                                                    \
  template std::optional<std::int64_t> scatter_elements(const ElementIndices&, Combine, \
                                                        const Index*, const T*, T*) noexcept;
#define HEADWAY_SCATTER(T)                                                          \
  HEADWAY_SCATTER_AT(T, std::int32_t)                                               \
  HEADWAY_SCATTER_AT(T, std::int64_t)                                               \
  template std::optional<std::int64_t> scatter_blocks(const BlockIndices&, Combine, \
                                                      const std::int64_t*, const T*, T*) noexcept;
HEADWAY_SCATTER(float)
HEADWAY_SCATTER(double)
HEADWAY_SCATTER(std::int8_t)
HEADWAY_SCATTER(std::uint8_t)
HEADWAY_SCATTER(std::int16_t)
HEADWAY_SCATTER(std::uint16_t)
HEADWAY_SCATTER(std::int32_t)
HEADWAY_SCATTER(std::uint32_t)
HEADWAY_SCATTER(std::int64_t)
HEADWAY_SCATTER(std::uint64_t)
#undef HEADWAY_SCATTER
#undef HEADWAY_SCATTER_AT

}  // namespace headway
