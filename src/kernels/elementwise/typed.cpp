#include "kernels/elementwise/typed.h"

#include <algorithm>
#include <cstring>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

constexpr std::int64_t kChunk = 1024;

/// Room for a chunk of elements of any size.
struct Chunk {
  alignas(64) std::byte bytes[kChunk * sizeof(std::uint64_t)];
};

const std::byte* at(const void* data, std::int64_t element, std::size_t size) {
  return static_cast<const std::byte*>(data) + element * static_cast<std::int64_t>(size);
}
std::byte* at(void* data, std::int64_t element, std::size_t size) {
  return static_cast<std::byte*>(data) + element * static_cast<std::int64_t>(size);
}

template <typename Element>
void gather_row(const Element* from, std::int64_t stride, std::int64_t count, Element* to) {
  if (stride == 0) {
    std::fill(to, to + count, *from);
  } else if (stride == 1) {
    std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(Element));
  } else {
    for (std::int64_t i = 0; i < count; ++i) to[i] = from[i * stride];
  }
}

/// Elements of an operand in the order of the output.
class Reader {
 public:
  Reader(std::span<const std::int64_t> extents, const TypedOperand& operand, std::size_t size)
      : nest_(extents, {operand.strides}), data_(operand.data), size_(size) {}

  /// Elements [first, first + count), count at most kChunk, where they are or gathered in `chunk`.
  const void* read(std::int64_t first, std::int64_t count, Chunk& chunk) const {
    const std::int64_t row = nest_.extent(last());
    const bool within_row = first % row + count <= row;
    if (nest_.rank() == 1 && stride() == 1) return at(data_, first, size_);
    if (within_row && stride() == 1) {
      std::int64_t offset = 0;
      nest_.for_outer(1, first / row, first / row + 1,
                      [&](const auto& outer) { offset = outer[0]; });
      return at(data_, offset + first % row, size_);
    }
    switch (size_) {
      case 1:
        return gather<std::uint8_t>(first, count, chunk);
      case 2:
        return gather<std::uint16_t>(first, count, chunk);
      case 4:
        return gather<std::uint32_t>(first, count, chunk);
      default:
        return gather<std::uint64_t>(first, count, chunk);
    }
  }

 private:
  int last() const { return nest_.rank() - 1; }
  std::int64_t stride() const { return nest_.stride(0, last()); }

  template <typename Element>
  const void* gather(std::int64_t first, std::int64_t count, Chunk& chunk) const {
    const auto* data = static_cast<const Element*>(data_);
    auto* to = reinterpret_cast<Element*>(chunk.bytes);
    const std::int64_t row = nest_.extent(last());
    std::int64_t column = first % row, left = count;
    nest_.for_outer(1, first / row, (first + count - 1) / row + 1, [&](const auto& offset) {
      const std::int64_t taken = std::min(row - column, left);
      gather_row(data + offset[0] + column * stride(), stride(), taken, to);
      to += taken;
      left -= taken;
      column = 0;
    });
    return chunk.bytes;
  }

  StridedNest<1> nest_;
  const void* data_;
  std::size_t size_;
};

/// body(first, count) for pieces of at most kChunk elements.
template <typename Body>
void for_pieces(const KernelContext& context, std::int64_t size, const Body& body) {
  for_chunks(context, size, [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t end = first + count; first < end; first += kChunk)
      body(first, std::min(kChunk, end - first));
  });
}

std::int64_t product_of(std::span<const std::int64_t> extents) {
  std::int64_t size = 1;
  for (const std::int64_t extent : extents) size *= extent;
  return size;
}

}  // namespace

void typed_unary(const KernelContext& context, TypedUnaryLoop loop, std::int64_t size,
                 std::size_t input_size, const void* input, std::size_t output_size,
                 void* output) noexcept {
  for_chunks(context, size, [&](std::int64_t first, std::int64_t count) {
    loop(count, at(input, first, input_size), at(output, first, output_size));
  });
}

void typed_fold(const KernelContext& context, std::span<const TypedBinaryLoop> loops,
                std::span<const std::int64_t> extents, std::size_t operand_size,
                std::span<const TypedOperand> operands, std::size_t output_size,
                void* output) noexcept {
  const Reader initial(extents, operands[0], operand_size);
  for_pieces(context, product_of(extents), [&](std::int64_t first, std::int64_t count) {
    Chunk x, y;
    void* target = at(output, first, output_size);
    const void* total = initial.read(first, count, x);
    for (std::size_t i = 0; i < loops.size(); ++i) {
      const Reader next(extents, operands[i + 1], operand_size);
      loops[i](count, total, next.read(first, count, y), target);
      total = target;
    }
  });
}

void typed_select(const KernelContext& context, std::span<const std::int64_t> extents,
                  const TypedOperand& condition, std::size_t element_size, const TypedOperand& a,
                  const TypedOperand& b, void* output) noexcept {
  const Reader chosen(extents, condition, 1);
  const Reader yes(extents, a, element_size), no(extents, b, element_size);
  for_pieces(context, product_of(extents), [&](std::int64_t first, std::int64_t count) {
    Chunk mask, x, y;
    context.loops.select_elements(element_size, count, chosen.read(first, count, mask),
                                  yes.read(first, count, x), no.read(first, count, y),
                                  at(output, first, element_size));
  });
}

Conversion conversion_of(const InnerLoops& loops, DType from, DType to) noexcept {
  Conversion result{nullptr, nullptr, size_of(from), size_of(to)};
  const TypedUnaryLoop widen = loops.half_to_float(from), narrow = loops.float_to_half(to);
  if (widen == nullptr && narrow == nullptr) {
    result.first = loops.convert(from, to);
  } else if (narrow == nullptr) {
    result.first = widen;
    if (to != DType::kFloat32) result.second = loops.convert(DType::kFloat32, to);
    if (to != DType::kFloat32 && result.second == nullptr) result.first = nullptr;
  } else if (from == DType::kFloat32) {
    result.first = narrow;
  } else {
    result.first = widen != nullptr ? widen : loops.convert(from, DType::kFloat32);
    result.second = narrow;
  }
  return result;
}

void convert(const KernelContext& context, const Conversion& conversion, std::int64_t size,
             const void* input, void* output) noexcept {
  if (conversion.second == nullptr) {
    return typed_unary(context, conversion.first, size, conversion.input_size, input,
                       conversion.output_size, output);
  }
  for_pieces(context, size, [&](std::int64_t first, std::int64_t count) {
    alignas(64) float floats[kChunk];
    conversion.first(count, at(input, first, conversion.input_size), floats);
    conversion.second(count, floats, at(output, first, conversion.output_size));
  });
}

}  // namespace headway
