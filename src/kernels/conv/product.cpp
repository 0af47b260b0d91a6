#include "kernels/conv/product.h"

#include "kernels/gemm/multiply.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

std::int64_t depth(const ConvShape& shape) {
  return shape.in_channels / shape.groups * shape.kernel_height * shape.kernel_width;
}

ImageWindow window_of(const ConvShape& shape, const float* image) {
  return {image,
          shape.in_height,
          shape.in_width,
          shape.out_width,
          shape.kernel_height,
          shape.kernel_width,
          shape.stride_height,
          shape.stride_width,
          shape.dilation_height,
          shape.dilation_width,
          shape.pad_top,
          shape.pad_left};
}

/// One image and group of a convolution.
struct Plane {
  ImageWindow window;
  std::int64_t group;
  std::int64_t first_channel;  ///< of the output
  std::int64_t out_offset;
};

Plane plane_at(const ConvShape& shape, const float* input, std::int64_t image_and_group) {
  const std::int64_t group = image_and_group % shape.groups;
  const std::int64_t in_size = shape.in_channels / shape.groups * shape.in_height * shape.in_width;
  const std::int64_t channels = shape.out_channels / shape.groups;
  return {window_of(shape, input + image_and_group * in_size), group, group * channels,
          image_and_group * channels * shape.out_height * shape.out_width};
}

const float* advance(const float* pointer, std::int64_t offset) {
  return pointer ? pointer + offset : nullptr;
}

/// Calls body(image and group, part, thread) for all parts of all images and groups.
template <typename Body>
void for_parts(const KernelContext& context, const ConvShape& shape, const Split& split,
               const Body& body) {
  const std::int64_t tasks = shape.batch * shape.groups * split.parts();
  const std::int64_t products =
      shape.batch * shape.out_channels * shape.out_height * shape.out_width * depth(shape);
  const auto run = [&](std::int64_t first, std::int64_t last, int thread) {
    for (std::int64_t task = first; task < last; ++task) {
      body(task / split.parts(), task % split.parts(), thread);
    }
  };
  if (products < kSmallProduct) {
    run(0, tasks, 0);
  } else {
    context.pool.parallel_for(tasks, run);
  }
}

/// Floats per thread: a block of packed pixels, and the sums of its rows.
std::int64_t over_channels_block(const Panels& panels) {
  return block_size(panels, panels.tile_rows, panels.row_panels());
}

std::int64_t over_channels_sums(const Panels& panels) {
  const std::int64_t held =
      std::min(panels.row_panels(), panels_per_block(panels, panels.tile_rows));
  return held * panels.tile_rows * panels.padded_n();
}

}  // namespace

Panels over_image(const ConvShape& shape, const InnerLoops& loops) {
  return {shape.out_channels / shape.groups, shape.out_height * shape.out_width, depth(shape),
          loops};
}

Panels over_channels(const ConvShape& shape, const InnerLoops& loops) {
  return {shape.out_height * shape.out_width, shape.out_channels / shape.groups, depth(shape),
          loops};
}

std::size_t over_image_scratch_bytes(const ConvShape& shape, const InnerLoops& loops, int threads) {
  const Panels panels = over_image(shape, loops);
  const std::int64_t block = block_size(panels, panels.tile_columns, panels.column_panels());
  return static_cast<std::size_t>(threads * block) * sizeof(float);
}

std::size_t over_channels_scratch_bytes(const ConvShape& shape, const InnerLoops& loops,
                                        int threads) {
  const Panels panels = over_channels(shape, loops);
  const std::int64_t floats = over_channels_block(panels) + over_channels_sums(panels);
  return static_cast<std::size_t>(threads * floats) * sizeof(float);
}

void conv_over_image(const KernelContext& context, const ConvShape& shape,
                     const ConvOperands& operands) noexcept {
  const Panels panels = over_image(shape, context.loops);
  const std::int64_t block = block_size(panels, panels.tile_columns, panels.column_panels());
  const Split split = choose_split(shape.batch * shape.groups, panels.column_panels(),
                                   panels.row_panels(), context.pool.threads());
  const Epilogue& epilogue = operands.epilogue;
  for_parts(context, shape, split, [&](std::int64_t index, std::int64_t part, int thread) {
    const Plane plane = plane_at(shape, operands.input, index);
    const ProductOutput output{.c = operands.output + plane.out_offset,
                               .stride = panels.n,
                               .residual = advance(epilogue.residual, plane.out_offset),
                               .row_bias = advance(epilogue.bias, plane.first_channel),
                               .activation = epilogue.activation};
    multiply_packing_columns(
        context.loops, panels,
        part_of(panels.row_panels(), part % split.streamed_parts, split.streamed_parts),
        part_of(panels.column_panels(), part / split.streamed_parts, split.packed_parts),
        operands.packed + plane.group * panels.packed_rows_size(), output,
        static_cast<float*>(operands.scratch) + thread * block,
        [&](std::int64_t k_block, std::int64_t panel, float* to) {
          const WindowBlock wanted{panels.first_k(k_block), panels.depth(k_block),
                                   panels.first_column(panel), panels.columns(panel),
                                   panels.padded_columns(panel)};
          context.loops.pack_window(plane.window, wanted, to);
        });
  });
}

void conv_over_channels(const KernelContext& context, const ConvShape& shape,
                        const ConvOperands& operands) noexcept {
  const Panels panels = over_channels(shape, context.loops);
  const std::int64_t block = over_channels_block(panels);
  const std::int64_t sums_size = over_channels_sums(panels);
  const std::int64_t step = panels_per_block(panels, panels.tile_rows);
  const Split split = choose_split(shape.batch * shape.groups, panels.row_panels(),
                                   panels.column_panels(), context.pool.threads());
  const Epilogue& epilogue = operands.epilogue;
  for_parts(context, shape, split, [&](std::int64_t index, std::int64_t part, int thread) {
    const Plane plane = plane_at(shape, operands.input, index);
    const Range rows =
        part_of(panels.row_panels(), part / split.streamed_parts, split.packed_parts);
    const Range columns =
        part_of(panels.column_panels(), part % split.streamed_parts, split.streamed_parts);
    float* packed = static_cast<float*>(operands.scratch) + thread * (block + sums_size);
    for (std::int64_t first = rows.first; first < rows.last; first += step) {
      float* sums = packed + block;
      const std::int64_t first_row = panels.first_row(first);
      const ProductOutput output{.c = sums, .first_row = first_row, .stride = panels.padded_n()};
      multiply_packing_rows(
          context.loops, panels, {first, std::min(first + step, rows.last)}, columns,
          operands.packed + plane.group * panels.packed_columns_size(), output, packed,
          [&](std::int64_t k_block, std::int64_t panel, float* to) {
            const int count = panels.rows(panel);
            const WindowBlock wanted{panels.first_k(k_block), panels.depth(k_block),
                                     panels.first_row(panel), count, count};
            context.loops.pack_window(plane.window, wanted, to);
          },
          [&](std::int64_t row_panel, std::int64_t column_panel) {
            const std::int64_t row = panels.first_row(row_panel);
            const std::int64_t column = panels.first_column(column_panel);
            const std::int64_t offset = plane.out_offset + column * panels.m + row;
            TransposedTile tile;
            tile.rows = panels.rows(row_panel);
            tile.columns = panels.columns(column_panel);
            tile.sums = sums + (row - first_row) * panels.padded_n() + column;
            tile.sums_stride = panels.padded_n();
            tile.bias = advance(epilogue.bias, plane.first_channel + column);
            tile.residual = advance(epilogue.residual, offset);
            tile.output = operands.output + offset;
            tile.output_stride = panels.m;
            tile.activation = epilogue.activation;
            context.loops.store_transposed(tile);
          });
    }
  });
}

}  // namespace headway
