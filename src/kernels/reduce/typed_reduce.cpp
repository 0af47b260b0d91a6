#include "kernels/reduce/typed_reduce.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/inner_loops.h"
#include "kernels/reduce/axes.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// Elements that are folded at once.
constexpr std::int64_t kLanes = 256;
/// Rows up to this long are gathered so that lanes lie across them.
constexpr std::int64_t kShortRow = 32;

struct alignas(64) Lanes {
  std::byte bytes[kLanes * sizeof(std::uint64_t)];
};

/// Totals that grow by at most kLanes elements at a time.
class Totals {
 public:
  Totals(const TypedReduction& reduction, std::size_t element_size, void* lanes)
      : reduction_(reduction), size_(element_size), lanes_(static_cast<std::byte*>(lanes)) {}

  /// Folds `count` elements into the first lanes; later ones keep what they have. The first call
  /// sets them, and has the largest count.
  void add(std::int64_t count, const void* elements) {
    const void* mapped = elements;
    if (reduction_.abs != nullptr) {
      reduction_.abs(count, elements, mapped_.bytes);
      mapped = mapped_.bytes;
    } else if (reduction_.square != nullptr) {
      reduction_.square(count, elements, elements, mapped_.bytes);
      mapped = mapped_.bytes;
    }
    if (empty_) {
      std::memcpy(lanes_, mapped, static_cast<std::size_t>(count) * size_);
      filled_ = count;
      empty_ = false;
    } else {
      reduction_.fold(count, lanes_, mapped, lanes_);
    }
  }

  /// Folds all lanes into the first one.
  void fold_lanes() {
    while (filled_ > 1) {
      const std::int64_t half = filled_ / 2, kept = filled_ - half;
      reduction_.fold(half, lanes_, lanes_ + static_cast<std::size_t>(kept) * size_, lanes_);
      filled_ = kept;
    }
  }

 private:
  const TypedReduction& reduction_;
  std::size_t size_;
  std::byte* lanes_;
  bool empty_ = true;
  std::int64_t filled_ = 0;
  Lanes mapped_;
};

struct Reduction {
  const KernelContext& context;
  const TypedReduction& typed;
  StridedNest<2> kept;
  StridedNest<1> reduced;
  std::size_t size;  ///< Of an element.
  const std::byte* input;
  std::byte* output;

  int last_kept() const { return kept.rank() - 1; }
  int last_reduced() const { return reduced.rank() - 1; }
  std::int64_t row() const { return reduced.extent(last_reduced()); }
  std::int64_t count() const { return reduced.outer_size(0); }
  const std::byte* in(std::int64_t element) const {
    return input + element * static_cast<std::int64_t>(size);
  }
  std::byte* out(std::int64_t element) const {
    return output + element * static_cast<std::int64_t>(size);
  }
  template <typename Body>
  void for_stretches(const Body& body) const {
    reduced.for_outer(1, 0, reduced.outer_size(1), [&](const auto& at) { body(at[0]); });
  }

  /// Calls body(offset of the first element, columns, totals) for strips of the last kept axis.
  template <typename Body>
  void for_strips(const Body& body) const {
    const std::int64_t columns = kept.extent(last_kept());
    const std::int64_t stride = kept.stride(0, last_kept());
    const std::int64_t strips = (columns + kLanes - 1) / kLanes;
    const std::int64_t work = count() * std::min(columns, kLanes);
    for_tasks(context, kept.outer_size(1) * strips, work,
              [&](std::int64_t first, std::int64_t last, int) {
                for (std::int64_t task = first; task < last; ++task) {
                  const std::int64_t block = task / strips, column = task % strips * kLanes;
                  kept.for_outer(1, block, block + 1, [&](const auto& at) {
                    Totals totals(typed, size, out(block * columns + column));
                    body(at[0] + column * stride, std::min(kLanes, columns - column), totals);
                  });
                }
              });
  }
};

/// The last axis is kept: lanes lie along it.
void reduce_columns(const Reduction& r) {
  const std::int64_t step = r.reduced.stride(0, r.last_reduced());
  r.for_strips([&](std::int64_t from, std::int64_t columns, Totals& totals) {
    r.for_stretches([&](std::int64_t offset) {
      for (std::int64_t i = 0; i < r.row(); ++i)
        totals.add(columns, r.in(from + offset + i * step));
    });
  });
}

template <typename Element>
void gather_column(std::int64_t count, const void* from, std::int64_t stride, void* to) {
  const auto* x = static_cast<const Element*>(from);
  auto* y = static_cast<Element*>(to);
  for (std::int64_t i = 0; i < count; ++i) y[i] = x[i * stride];
}

template <typename Element>
void reduce_short_rows(const Reduction& r) {
  const std::int64_t stride = r.kept.stride(0, r.last_kept());
  r.for_strips([&](std::int64_t from, std::int64_t columns, Totals& totals) {
    Lanes column;
    r.for_stretches([&](std::int64_t offset) {
      for (std::int64_t i = 0; i < r.row(); ++i) {
        gather_column<Element>(columns, r.in(from + offset + i), stride, column.bytes);
        totals.add(columns, column.bytes);
      }
    });
  });
}

/// The last axis is reduced: lanes lie along it, too, and are folded at last.
void reduce_rows(const Reduction& r) {
  const auto run = [&](std::int64_t first, std::int64_t last, int) {
    std::byte* output = r.out(first);
    r.kept.for_outer(0, first, last, [&](const auto& at) {
      Lanes lanes;
      Totals totals(r.typed, r.size, lanes.bytes);
      r.for_stretches([&](std::int64_t offset) {
        for (std::int64_t i = 0; i < r.row(); i += kLanes)
          totals.add(std::min(kLanes, r.row() - i), r.in(at[0] + offset + i));
      });
      totals.fold_lanes();
      std::memcpy(output, lanes.bytes, r.size);
      output += r.size;
    });
  };
  for_tasks(r.context, r.kept.outer_size(0), r.count(), run);
}

template <typename T>
void divide(const Reduction& r, std::int64_t size) {
  T* totals = reinterpret_cast<T*>(r.output);
  const auto count = static_cast<T>(r.count());
  for (std::int64_t i = 0; i < size; ++i) totals[i] /= count;
}

void finish(const Reduction& r) {
  const std::int64_t size = r.kept.outer_size(0);
  if (r.typed.finish == TypedReduction::Finish::kRoot) {
    auto* totals = reinterpret_cast<double*>(r.output);
    for (std::int64_t i = 0; i < size; ++i) totals[i] = std::sqrt(totals[i]);
  } else if (r.typed.finish == TypedReduction::Finish::kMean) {
    if (r.typed.dtype == DType::kFloat64) return divide<double>(r, size);
    if (r.typed.dtype == DType::kInt64) return divide<std::int64_t>(r, size);
    divide<std::uint64_t>(r, size);
  }
}

}  // namespace

TypedReduction typed_reduction(const InnerLoops& loops, ReduceOp op, DType dtype) noexcept {
  using Finish = TypedReduction::Finish;
  const bool is_bool = dtype == DType::kBool, is_real = dtype == DType::kFloat64;
  const bool is_wide = is_real || dtype == DType::kInt64 || dtype == DType::kUInt64;
  const auto fold = [&](TypedBinary function) {
    return loops.typed_binary(function, is_bool ? DType::kUInt8 : dtype);
  };
  TypedReduction result{.dtype = dtype};
  if (op == ReduceOp::kMax || op == ReduceOp::kMin) {
    result.fold = fold(op == ReduceOp::kMax ? TypedBinary::kMax : TypedBinary::kMin);
    return result;
  }
  if (is_bool || (op == ReduceOp::kMean && !is_wide) || (op == ReduceOp::kL2 && !is_real))
    return {};
  result.fold = fold(op == ReduceOp::kProd ? TypedBinary::kMul : TypedBinary::kAdd);
  if (op == ReduceOp::kL1) result.abs = loops.typed_unary(TypedUnary::kAbs, dtype);
  if (op == ReduceOp::kSumSquare || op == ReduceOp::kL2) result.square = fold(TypedBinary::kMul);
  if (op == ReduceOp::kMean) result.finish = Finish::kMean;
  if (op == ReduceOp::kL2) result.finish = Finish::kRoot;
  return result;
}

void typed_reduce(const KernelContext& context, const TypedReduction& reduction,
                  std::span<const std::int64_t> extents,
                  std::span<const std::int64_t> output_strides, const void* input,
                  void* output) noexcept {
  const Reduction r{context,
                    reduction,
                    axes_of<2>(extents, output_strides, true),
                    axes_of<1>(extents, output_strides, false),
                    size_of(reduction.dtype),
                    static_cast<const std::byte*>(input),
                    static_cast<std::byte*>(output)};
  if (r.kept.stride(0, r.last_kept()) == 1) {
    reduce_columns(r);
  } else if (r.row() > kShortRow || r.kept.extent(r.last_kept()) == 1) {
    reduce_rows(r);
  } else if (r.size == 1) {
    reduce_short_rows<std::uint8_t>(r);
  } else if (r.size == 2) {
    reduce_short_rows<std::uint16_t>(r);
  } else if (r.size == 4) {
    reduce_short_rows<std::uint32_t>(r);
  } else {
    reduce_short_rows<std::uint64_t>(r);
  }
  finish(r);
}

}  // namespace headway
