#pragma once

#include <utility>

#include "kernels/isa/binary_loops.h"
#include "kernels/reduce/operation.h"

namespace headway {
namespace {

struct AddStep {
  static constexpr float kStart = 0;
  static Vector combine(Vector total, Vector x) { return total + x; }
};
struct AddSquareStep : AddStep {
  static Vector combine(Vector total, Vector x) { return total + x * x; }
};
struct AddMagnitudeStep : AddStep {
  static Vector combine(Vector total, Vector x) { return total + abs(x); }
};
struct MaxStep {
  static constexpr float kStart = -__builtin_inff();
  static Vector combine(Vector total, Vector x) { return max(total, x); }
};
struct MinStep {
  static constexpr float kStart = __builtin_inff();
  static Vector combine(Vector total, Vector x) { return min(total, x); }
};
struct MultiplyStep {
  static constexpr float kStart = 1;
  static Vector combine(Vector total, Vector x) { return total * x; }
};

/// Combines totals that are already squared or absolute.
inline Vector merge(AddStep, Vector a, Vector b) {
  return a + b;
}
inline Vector merge(MaxStep, Vector a, Vector b) {
  return max(a, b);
}
inline Vector merge(MinStep, Vector a, Vector b) {
  return min(a, b);
}
inline Vector merge(MultiplyStep, Vector a, Vector b) {
  return a * b;
}

template <typename Step, int kSpan, int... kLanes>
inline Vector merge_spans(Vector v, std::integer_sequence<int, kLanes...> lanes) {
  if constexpr (kSpan == 0) {
    return v;
  } else {
    const Vector rotated = __builtin_shufflevector(v, v, ((kLanes + kSpan) % kWidth)...);
    return merge_spans<Step, kSpan / 2>(merge(Step{}, v, rotated), lanes);
  }
}

/// The combination of all lanes, in every lane.
template <typename Step>
inline Vector rotate_and_merge(Vector v) {
  return merge_spans<Step, kWidth / 2>(v, std::make_integer_sequence<int, kWidth>{});
}

struct Unchanged {
  Vector operator()(Vector x) const { return x; }
};

/// Four running totals: short dependency chains, and smaller rounding errors than one.
template <typename Step, typename Map = Unchanged>
inline float reduce_with(std::int64_t size, const float* in, Map map = {}) {
  Vector totals[4];
#pragma GCC unroll 4
  for (Vector& total : totals) total = splat(Step::kStart);
  std::int64_t i = 0;
  for (; i + 4 * kWidth <= size; i += 4 * kWidth) {
#pragma GCC unroll 4
    for (int t = 0; t < 4; ++t) {
      totals[t] = Step::combine(totals[t], map(load(in + i + t * kWidth)));
    }
  }
  for (; i < size; i += kWidth) {
    const int there = at_most_width(size - i);
    const Vector next = Step::combine(totals[0], map(load_partial(in + i, there)));
    totals[0] = select(iota() < splat_bits(there), next, totals[0]);
  }
  const Vector low = merge(Step{}, totals[0], totals[1]);
  const Vector high = merge(Step{}, totals[2], totals[3]);
  return rotate_and_merge<Step>(merge(Step{}, low, high))[0];
}

float reduce_row(ReduceOp op, std::int64_t size, const float* in) noexcept {
  switch (op) {
    case ReduceOp::kSum:
    case ReduceOp::kMean:
      return reduce_with<AddStep>(size, in);
    case ReduceOp::kSumSquare:
    case ReduceOp::kL2:
      return reduce_with<AddSquareStep>(size, in);
    case ReduceOp::kL1:
      return reduce_with<AddMagnitudeStep>(size, in);
    case ReduceOp::kMax:
      return reduce_with<MaxStep>(size, in);
    case ReduceOp::kMin:
      return reduce_with<MinStep>(size, in);
    case ReduceOp::kProd:
      return reduce_with<MultiplyStep>(size, in);
  }
  return 0;
}

template <typename Step>
inline void reduce_into_with(std::int64_t size, const float* in, float* totals) {
  for_each_pair(size, totals, 1, in, 1, totals,
                [](Vector total, Vector x) { return Step::combine(total, x); });
}

void reduce_into(ReduceOp op, std::int64_t size, const float* in, float* totals) noexcept {
  switch (op) {
    case ReduceOp::kSum:
    case ReduceOp::kMean:
      return reduce_into_with<AddStep>(size, in, totals);
    case ReduceOp::kSumSquare:
    case ReduceOp::kL2:
      return reduce_into_with<AddSquareStep>(size, in, totals);
    case ReduceOp::kL1:
      return reduce_into_with<AddMagnitudeStep>(size, in, totals);
    case ReduceOp::kMax:
      return reduce_into_with<MaxStep>(size, in, totals);
    case ReduceOp::kMin:
      return reduce_into_with<MinStep>(size, in, totals);
    case ReduceOp::kProd:
      return reduce_into_with<MultiplyStep>(size, in, totals);
  }
}

/// Totals of kVectors neighbouring vectors, the last of them with `last_columns` elements; kRows
/// rows at once, for as many independent chains.
template <typename Step, int kVectors, int kRows>
[[gnu::always_inline]] inline void reduce_strip(std::int64_t rows, std::int64_t stride,
                                                int last_columns, const float* in, float* totals) {
  Vector sums[kRows][kVectors];
  load_row(totals, last_columns, sums[0]);
  for (int r = 1; r < kRows; ++r) {
    for (Vector& sum : sums[r]) sum = splat(Step::kStart);
  }
  const auto add = [&](Vector(&sum)[kVectors]) {
    Vector row[kVectors];
    load_row(in, last_columns, row);
    for (int v = 0; v < kVectors; ++v) sum[v] = Step::combine(sum[v], row[v]);
    in += stride;
  };
  for (; rows >= kRows; rows -= kRows) {
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) add(sums[r]);
  }
  for (; rows > 0; --rows) add(sums[0]);
  for (int r = 1; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) sums[0][v] = merge(Step{}, sums[0][v], sums[r][v]);
  }
  store_row(totals, last_columns, sums[0]);
}

template <typename Step>
inline void reduce_columns_with(std::int64_t rows, std::int64_t stride, std::int64_t columns,
                                const float* in, float* totals) {
  std::int64_t c = 0;
  for (; c + 4 * kWidth <= columns; c += 4 * kWidth) {
    reduce_strip<Step, 4, 2>(rows, stride, kWidth, in + c, totals + c);
  }
  for (; c + kWidth <= columns; c += kWidth) {
    reduce_strip<Step, 1, 8>(rows, stride, kWidth, in + c, totals + c);
  }
  const int rest = static_cast<int>(columns - c);
  if (rest > 0) reduce_strip<Step, 1, 8>(rows, stride, rest, in + c, totals + c);
}

void reduce_columns(ReduceOp op, std::int64_t rows, std::int64_t stride, std::int64_t columns,
                    const float* in, float* totals) noexcept {
  switch (op) {
    case ReduceOp::kSum:
    case ReduceOp::kMean:
      return reduce_columns_with<AddStep>(rows, stride, columns, in, totals);
    case ReduceOp::kSumSquare:
    case ReduceOp::kL2:
      return reduce_columns_with<AddSquareStep>(rows, stride, columns, in, totals);
    case ReduceOp::kL1:
      return reduce_columns_with<AddMagnitudeStep>(rows, stride, columns, in, totals);
    case ReduceOp::kMax:
      return reduce_columns_with<MaxStep>(rows, stride, columns, in, totals);
    case ReduceOp::kMin:
      return reduce_columns_with<MinStep>(rows, stride, columns, in, totals);
    case ReduceOp::kProd:
      return reduce_columns_with<MultiplyStep>(rows, stride, columns, in, totals);
  }
}

}  // namespace
}  // namespace headway
