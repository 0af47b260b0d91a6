#pragma once

#include "kernels/isa/simd.h"
#include "kernels/isa/unary_loops.h"

namespace headway {
namespace {

struct Clamp {
  Vector low, high;
};

inline bool is_clamp(UnaryOp op) {
  return op == UnaryOp::kRelu || op == UnaryOp::kClip;
}

inline Clamp clamp_of(Unary function) {
  if (function.op == UnaryOp::kRelu) return {Vector{}, splat(__builtin_inff())};
  return {splat(function.alpha), splat(function.beta)};
}

template <int kVectors>
inline void load_row(const float* p, int last_columns, Vector (&row)[kVectors]) {
  for (int v = 0; v < kVectors - 1; ++v) row[v] = load(p + v * kWidth);
  const float* last = p + (kVectors - 1) * kWidth;
  row[kVectors - 1] = last_columns == kWidth ? load(last) : load_partial(last, last_columns);
}

template <int kVectors>
inline void store_row(float* p, int last_columns, const Vector (&row)[kVectors]) {
  for (int v = 0; v < kVectors - 1; ++v) store(p + v * kWidth, row[v]);
  float* last = p + (kVectors - 1) * kWidth;
  if (last_columns == kWidth) {
    store(last, row[kVectors - 1]);
  } else {
    store_partial(last, row[kVectors - 1], last_columns);
  }
}

}  // namespace
}  // namespace headway
