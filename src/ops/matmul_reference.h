#pragma once

#include "ops/broadcast.h"
#include "ops/elements.h"
#include "ops/matmul_rules.h"
#include "ops/multiply.h"
#include "ops/strided.h"

namespace headway {

/// Elements [rows, columns] of `matrix` (transposed if asked for) in the accumulator's type.
template <typename T>
std::vector<Accumulated<T>> widened(const T* matrix, std::int64_t rows, std::int64_t columns,
                                    bool transpose = false) {
  std::vector<Accumulated<T>> result(static_cast<std::size_t>(rows * columns));
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) {
      const T element = matrix[transpose ? j * rows + i : i * columns + j];
      result[static_cast<std::size_t>(i * columns + j)] =
          static_cast<Accumulated<T>>(load(element));
    }
  }
  return result;
}

/// y = finish(sum, index of the element in y) for every matrix of the batch.
template <typename T, typename Finish>
void multiply_matrices(const MatMulShapes& s, const T* a, const T* b, T* y, Finish&& finish) {
  std::vector<Accumulated<T>> sums;
  std::int64_t index = 0;
  for_each_row<2>(
      s.batch, {s.a_strides, s.b_strides},
      [&](const auto& offsets, const auto& steps, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) {
          const auto left = widened(a + offsets[0] + i * steps[0], s.m, s.k);
          const auto right = widened(b + offsets[1] + i * steps[1], s.k, s.n, s.transpose_b);
          sums.assign(static_cast<std::size_t>(s.m * s.n), 0);
          multiply_add(s.m, s.n, s.k, left.data(), s.k, right.data(), s.n, sums.data(), s.n);
          for (const auto sum : sums) {
            y[index] = store<T>(finish(sum, index));
            ++index;
          }
        }
      });
}

/// y = finish(alpha · op(A) · op(B) + beta · C).
template <typename T, typename Finish>
void multiply_gemm(const GemmShapes& s, const Tensor& a, const Tensor& b, const Tensor& c,
                   Tensor& y, Finish&& finish) {
  using Sum = Accumulated<T>;
  const auto left = widened(a.data<T>(), s.m, s.k, s.transpose_a);
  const auto right = widened(b.data<T>(), s.k, s.n, s.transpose_b);
  std::vector<Sum> sums(static_cast<std::size_t>(s.m * s.n), 0);
  multiply_add(s.m, s.n, s.k, left.data(), s.k, right.data(), s.n, sums.data(), s.n);
  const Shape shape = {s.m, s.n};
  const Shape strides = c.defined() ? broadcast_strides(c.shape(), shape) : Shape{0, 0};
  T* out = y.data<T>();
  for_each_row<1>(shape, {strides},
                  [&](const auto& offsets, const auto& steps, std::int64_t count) {
                    for (std::int64_t i = 0; i < count; ++i, ++out) {
                      const Sum sum = sums[static_cast<std::size_t>(out - y.data<T>())];
                      Sum value = static_cast<Sum>(s.alpha) * sum;
                      if (c.defined()) {
                        value += static_cast<Sum>(s.beta) *
                                 static_cast<Sum>(load(c.data<T>()[offsets[0] + i * steps[0]]));
                      }
                      *out = store<T>(finish(value));
                    }
                  });
}

}  // namespace headway
