#include "kernels/reduce/reduce.h"

#include <algorithm>

#include "kernels/inner_loops.h"
#include "kernels/reduce/axes.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// Rows up to this long are transposed, strip by strip, so that vectors lie across them.
constexpr std::int64_t kShortRow = 64;
constexpr std::int64_t kStripFloats = 4096;

/// What remains to be done to the raw totals; an identity for most operations.
Unary last_step(ReduceOp op, std::int64_t count) {
  if (op == ReduceOp::kMean) return {UnaryOp::kLinear, 1.0F / static_cast<float>(count), 0};
  if (op == ReduceOp::kL2) return {UnaryOp::kSqrt, 0, 0};
  return {};
}

float start_of(ReduceOp op) {
  if (op == ReduceOp::kMax) return -__builtin_inff();
  if (op == ReduceOp::kMin) return __builtin_inff();
  return op == ReduceOp::kProd ? 1.0F : 0.0F;
}

/// Combines two raw totals; NaN comes through.
float merge(ReduceOp op, float a, float b) {
  if (op == ReduceOp::kMax) return a > b || a != a ? a : b;
  if (op == ReduceOp::kMin) return a < b || a != a ? a : b;
  return op == ReduceOp::kProd ? a * b : a + b;
}

struct Reduction {
  const KernelContext& context;
  ReduceOp op;
  StridedNest<2> kept;
  StridedNest<1> reduced;
  const float* input;
  float* output;

  int last_kept() const { return kept.rank() - 1; }
  int last_reduced() const { return reduced.rank() - 1; }
  std::int64_t row() const { return reduced.extent(last_reduced()); }
  std::int64_t count() const { return reduced.outer_size(0); }

  /// Calls body(offset) for where each innermost stretch of the reduced axes begins.
  template <typename Body>
  void for_stretches(const Body& body) const {
    reduced.for_outer(1, 0, reduced.outer_size(1),
                      [&](const std::array<std::int64_t, 1>& offset) { body(offset[0]); });
  }

  /// Calls body(from, columns, totals) for strips of the last kept axis, in parallel; `totals` are
  /// to be combined with what is there.
  template <typename Body>
  void for_strips(std::int64_t most, const Body& body) const {
    const std::int64_t outer = kept.outer_size(1);
    const std::int64_t columns = kept.extent(last_kept());
    const std::int64_t stride = kept.stride(0, last_kept());
    const std::int64_t threads = context.pool.threads();
    const std::int64_t share = (columns * outer + threads - 1) / threads;
    const std::int64_t strip = std::clamp((share + 63) / 64 * 64, std::int64_t{64}, most);
    const std::int64_t strips = (columns + strip - 1) / strip;
    const auto begin_of = [&](std::int64_t task) {
      return output + task / strips * columns + task % strips * strip;
    };
    const auto run = [&](std::int64_t first, std::int64_t last, int) {
      std::fill(begin_of(first), begin_of(last), start_of(op));
      for (std::int64_t task = first; task < last; ++task) {
        const std::int64_t column = task % strips * strip;
        kept.for_outer(1, task / strips, task / strips + 1, [&](const auto& offsets) {
          body(input + offsets[0] + column * stride, std::min(strip, columns - column),
               begin_of(task));
        });
      }
      const std::int64_t size = begin_of(last) - begin_of(first);
      context.loops.unary(last_step(op, count()), size, begin_of(first), begin_of(first));
    };
    for_tasks(context, outer * strips, count() * std::min(columns, strip), run);
  }
};

/// The last axis is kept: vectors lie along it.
void reduce_columns(const Reduction& r) {
  const std::int64_t stride = r.reduced.stride(0, r.last_reduced());
  r.for_strips(1024, [&](const float* from, std::int64_t columns, float* totals) {
    r.for_stretches([&](std::int64_t offset) {
      r.context.loops.reduce_columns(r.op, r.row(), stride, columns, from + offset, totals);
    });
  });
}

/// The last axis is reduced and short.
void reduce_short_rows(const Reduction& r) {
  const std::int64_t stride = r.kept.stride(0, r.last_kept());
  const std::int64_t most = kStripFloats / r.row() / 16 * 16;
  r.for_strips(most, [&](const float* from, std::int64_t columns, float* totals) {
    alignas(64) float strip[kStripFloats];
    r.for_stretches([&](std::int64_t offset) {
      r.context.loops.transpose(columns, r.row(), from + offset, stride, strip, columns);
      r.context.loops.reduce_columns(r.op, r.row(), columns, columns, strip, totals);
    });
  });
}

/// The last axis is reduced: vectors lie along it, too.
void reduce_rows(const Reduction& r) {
  const auto run = [&](std::int64_t first, std::int64_t last, int) {
    float* totals = r.output + first;
    r.kept.for_outer(0, first, last, [&](const auto& offsets) {
      float total = start_of(r.op);
      r.for_stretches([&](std::int64_t offset) {
        const float* row = r.input + offsets[0] + offset;
        total = merge(r.op, total, r.context.loops.reduce_row(r.op, r.row(), row));
      });
      *totals++ = total;
    });
    float* begin = r.output + first;
    r.context.loops.unary(last_step(r.op, r.count()), last - first, begin, begin);
  };
  for_tasks(r.context, r.kept.outer_size(0), r.count(), run);
}

}  // namespace

void reduce(const KernelContext& context, ReduceOp op, std::span<const std::int64_t> extents,
            std::span<const std::int64_t> output_strides, const float* input,
            float* output) noexcept {
  const Reduction r{context,
                    op,
                    axes_of<2>(extents, output_strides, true),
                    axes_of<1>(extents, output_strides, false),
                    input,
                    output};
  if (r.kept.stride(0, r.last_kept()) == 1) {
    reduce_columns(r);
  } else if (r.row() <= kShortRow && r.kept.extent(r.last_kept()) > 1) {
    reduce_short_rows(r);
  } else {
    reduce_rows(r);
  }
}

}  // namespace headway
