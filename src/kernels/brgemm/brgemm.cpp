#include "kernels/brgemm/brgemm.h"

#include <algorithm>
#include <limits>

#include "kernels/brgemm/generator.h"

namespace headway {
namespace {

/// Generated code reaches every row and vector by a 32-bit displacement.
bool fits_displacements(const BrgemmShape& shape) {
  const std::int64_t lines = (shape.rows - 1) / shape.line_rows;
  const std::int64_t in_line = std::min(shape.rows, shape.line_rows) - 1;
  const std::int64_t a = lines * shape.a_line_stride + in_line * shape.a_row_stride + shape.k;
  const std::int64_t c = lines * shape.c_line_stride + in_line * shape.c_row_stride +
                         (shape.vectors - 1) * shape.c_vector_stride;
  const std::int64_t addend = shape.rows * shape.addend_row_stride;
  return std::max({a, c, addend}) < std::numeric_limits<std::int32_t>::max() / 8;
}

}  // namespace

int max_brgemm_rows(int vectors, const InnerLoops& loops) noexcept {
  const int registers = loops.width == 16 ? 32 : 16;
  if (vectors > 4) return 1;
  return std::min((registers - 4) / vectors, (registers - vectors - 1) / vectors);
}

struct BrgemmSet::Generated {
  BrgemmShape shape;
  std::unique_ptr<BrgemmCode> code;
};

BrgemmSet::BrgemmSet(const InnerLoops& loops) : loops_(loops) {}
BrgemmSet::~BrgemmSet() = default;

Brgemm BrgemmSet::get(const BrgemmShape& shape) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Generated>& tile = tiles_[shape];
  if (!tile) {
    tile = std::make_unique<Generated>(Generated{shape, nullptr});
    if (fits_displacements(shape)) tile->code = generate_brgemm(shape, loops_.width);
  }
  Brgemm brgemm;
  brgemm.code_ = tile->code ? tile->code->entry() : nullptr;
  brgemm.shape_ = &tile->shape;
  brgemm.loops_ = &loops_;
  return brgemm;
}

}  // namespace headway
