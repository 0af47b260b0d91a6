#include "kernels/gemm/gemm.h"

#include "kernels/gemm/multiply.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

std::int64_t distinct_b(const GemmShape& shape) {
  return shape.stride_b == 0 ? 1 : shape.batch;
}

Matrix left_of(const GemmShape& shape, const float* a) {
  return {a, shape.transpose_a ? shape.m : shape.k, shape.transpose_a};
}

Matrix right_of(const GemmShape& shape, const float* b) {
  return {b, shape.transpose_b ? shape.k : shape.n, shape.transpose_b};
}

}  // namespace

Gemm::Gemm(const GemmShape& shape, const InnerLoops& loops) noexcept
    : shape_(shape), panels_(shape.m, shape.n, shape.k, loops), loops_(&loops) {}

std::size_t Gemm::packed_b_size() const noexcept {
  return static_cast<std::size_t>(panels_.packed_columns_size());
}

void Gemm::pack_b(const float* b, float* packed) const noexcept {
  pack_columns(*loops_, panels_, right_of(shape_, b), shape_.alpha, packed);
}

std::size_t Gemm::scratch_bytes(int threads, bool b_is_packed) const noexcept {
  std::int64_t floats = threads * block_size(panels_, panels_.tile_rows, panels_.row_panels());
  if (!b_is_packed) floats += distinct_b(shape_) * panels_.packed_columns_size();
  return static_cast<std::size_t>(floats) * sizeof(float);
}

void Gemm::run_packed(const KernelContext& context, const float* a, const float* packed_b,
                      const Epilogue& epilogue, float* c, void* scratch) const noexcept {
  run_packed(context, a, packed_b, 0, epilogue, c, static_cast<float*>(scratch));
}

void Gemm::run(const KernelContext& context, const float* a, const float* b,
               const Epilogue& epilogue, float* c, void* scratch) const noexcept {
  const std::int64_t packed_size = panels_.packed_columns_size();
  const std::int64_t per_matrix = panels_.k_blocks() * panels_.column_panels();
  float* packed = static_cast<float*>(scratch);
  const auto pack = [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t matrix = i / per_matrix;
      const std::int64_t block = i % per_matrix / panels_.column_panels();
      const std::int64_t panel = i % panels_.column_panels();
      float* to = packed + matrix * packed_size + panels_.packed_columns_offset(block, panel);
      pack_column_panel(*loops_, panels_, right_of(shape_, b + matrix * shape_.stride_b),
                        shape_.alpha, block, panel, to);
    }
  };
  const std::int64_t matrices = distinct_b(shape_);
  if (matrices * packed_size < kSmallWork) {
    pack(0, matrices * per_matrix, 0);
  } else {
    context.pool.parallel_for(matrices * per_matrix, pack);
  }
  run_packed(context, a, packed, shape_.stride_b == 0 ? 0 : packed_size, epilogue, c,
             packed + matrices * packed_size);
}

void Gemm::run_packed(const KernelContext& context, const float* a, const float* packed_b,
                      std::int64_t packed_stride, const Epilogue& epilogue, float* c,
                      float* scratch) const noexcept {
  if (shape_.batch * shape_.m * shape_.n == 0) return;
  const std::int64_t block = block_size(panels_, panels_.tile_rows, panels_.row_panels());
  const bool small = shape_.batch * shape_.m * shape_.n * shape_.k < kSmallProduct;
  const Split split = choose_split(shape_.batch, panels_.row_panels(), panels_.column_panels(),
                                   small ? 1 : context.pool.threads());
  const auto multiply = [&](std::int64_t first, std::int64_t last, int thread) {
    for (std::int64_t task = first; task < last; ++task) {
      const std::int64_t image = task / split.parts();
      const std::int64_t part = task % split.parts();
      const Matrix left = left_of(shape_, a + image * shape_.stride_a);
      const std::int64_t offset = image * shape_.stride_c;
      const ProductOutput output{
          .c = c + offset,
          .stride = shape_.n,
          .residual = epilogue.residual ? epilogue.residual + offset : nullptr,
          .column_bias = epilogue.bias,
          .activation = epilogue.activation};
      multiply_packing_rows(
          *loops_, panels_,
          part_of(panels_.row_panels(), part / split.streamed_parts, split.packed_parts),
          part_of(panels_.column_panels(), part % split.streamed_parts, split.streamed_parts),
          packed_b + image * packed_stride, output, scratch + thread * block,
          [&](std::int64_t k_block, std::int64_t panel, float* to) {
            pack_row_panel(*loops_, panels_, left, k_block, panel, to);
          },
          [](std::int64_t, std::int64_t) {});
    }
  };
  const std::int64_t tasks = shape_.batch * split.parts();
  if (small) {
    multiply(0, tasks, 0);
  } else {
    context.pool.parallel_for(tasks, multiply);
  }
}

}  // namespace headway
