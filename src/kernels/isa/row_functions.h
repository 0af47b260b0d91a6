#pragma once

#include "kernels/isa/reduce_loops.h"

namespace headway {
namespace {

/// A whole vector of a row, and
struct Whole {
  Vector read(const float* p) const { return load(p); }
  void write(float* p, Vector v) const { store(p, v); }
  Vector keep(Vector v, Vector) const { return v; }
};

/// the first elements of one.
struct Rest {
  int count;
  Vector read(const float* p) const { return load_partial(p, count); }
  void write(float* p, Vector v) const { store_partial(p, v, count); }
  Vector keep(Vector v, Vector otherwise) const {
    return select(iota() < splat_bits(count), v, otherwise);
  }
};

/// body(first element, Whole or Rest)
template <typename Body>
inline void for_parts(std::int64_t size, Body body) {
  std::int64_t i = 0;
  for (; i + kWidth <= size; i += kWidth) body(i, Whole{});
  if (i < size) body(i, Rest{static_cast<int>(size - i)});
}

void softmax_row(bool logarithm, std::int64_t size, const float* in, float* out) noexcept {
  const Vector largest = splat(reduce_with<MaxStep>(size, in));
  Vector total = splat(0.0F);
  for_parts(size, [&](std::int64_t i, auto part) {
    const Vector shifted = part.read(in + i) - largest;
    const Vector power = exp(shifted);
    total += part.keep(power, splat(0.0F));
    part.write(out + i, logarithm ? shifted : power);
  });
  const Vector sum = rotate_and_merge<AddStep>(total);
  if (logarithm) {
    const Vector log_sum = log(sum);
    return for_each(size, out, out, [&](Vector x) { return x - log_sum; });
  }
  const Vector factor = splat(1.0F) / sum;
  for_each(size, out, out, [&](Vector x) { return x * factor; });
}

void rms_norm_row(std::int64_t size, const float* in, const float* scale, float epsilon,
                  float* out) noexcept {
  const float squares = reduce_with<AddSquareStep>(size, in);
  const Vector mean = splat(squares / static_cast<float>(size) + epsilon);
  const Vector factor = splat(1.0F) / square_root(mean);
  for_parts(size, [&](std::int64_t i, auto part) {
    part.write(out + i, part.read(in + i) * factor * part.read(scale + i));
  });
}

void layer_norm_row(std::int64_t size, const float* in, const float* scale, const float* bias,
                    float epsilon, float* out) noexcept {
  const float count = static_cast<float>(size);
  const Vector mean = splat(reduce_with<AddStep>(size, in) / count);
  const float squares = reduce_with<AddSquareStep>(size, in, [&](Vector x) { return x - mean; });
  const Vector factor = splat(1.0F) / square_root(splat(squares / count + epsilon));
  if (bias == nullptr) {
    return for_parts(size, [&](std::int64_t i, auto part) {
      part.write(out + i, (part.read(in + i) - mean) * factor * part.read(scale + i));
    });
  }
  for_parts(size, [&](std::int64_t i, auto part) {
    const Vector normalized = (part.read(in + i) - mean) * factor;
    part.write(out + i, normalized * part.read(scale + i) + part.read(bias + i));
  });
}

}  // namespace
}  // namespace headway
