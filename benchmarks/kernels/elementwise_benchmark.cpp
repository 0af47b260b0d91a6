#include <vector>

#include "blocked.h"
#include "kernels/elementwise/binary.h"
#include "kernels/elementwise/scale_shift.h"
#include "kernels/elementwise/unary.h"
#include "peak.h"

namespace headway {
namespace {

/// Images of the blocked layout whose channels are scaled, as by a squeeze-and-excite block.
struct Image {
  const char* name;
  std::int64_t channels, extent;
};

constexpr Image kImages[] = {{"efficientnet_b0/112", 32, 112},
                             {"efficientnet_b0/56", 96, 56},
                             {"efficientnet_b0/28", 240, 28},
                             {"efficientnet_b0/7", 1152, 7}};

constexpr std::int64_t kFloatBytes = sizeof(float);

void scale(benchmark::State& state, Isa isa, Image image) {
  const auto threads = static_cast<int>(state.range(0));
  ThreadPool pool(threads);
  const KernelContext context{pool, inner_loops(isa)};
  const std::int64_t lanes = context.loops.width;
  const std::int64_t blocks = (image.channels + lanes - 1) / lanes;
  const std::int64_t pixels = image.extent * image.extent;
  const std::int64_t extents[] = {blocks, pixels, lanes};
  const std::int64_t strides[] = {pixels * lanes, lanes, 1};
  const std::int64_t scale_strides[] = {lanes, 0, 1};
  AlignedFloats values(blocks * pixels * lanes), factors(blocks * lanes),
      output(blocks * pixels * lanes);
  for (auto _ : state) {
    binary(context, BinaryOp::kMul, extents, values.data(), strides, factors.data(), scale_strides,
           {}, output.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state, threads, 2 * blocks * pixels * lanes * kFloatBytes);
}

void add(benchmark::State& state, Isa isa, Image image) {
  const auto threads = static_cast<int>(state.range(0));
  ThreadPool pool(threads);
  const KernelContext context{pool, inner_loops(isa)};
  const std::int64_t size = image.channels * image.extent * image.extent;
  const std::int64_t extents[] = {size}, strides[] = {1};
  AlignedFloats a(size), b(size), output(size);
  for (auto _ : state) {
    binary(context, BinaryOp::kAdd, extents, a.data(), strides, b.data(), strides,
           {UnaryOp::kRelu, 0, 0}, output.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state, threads, 3 * size * kFloatBytes);
}

constexpr Image kNormalized[] = {{"densenet121/56", 256, 56},
                                 {"densenet121/28", 256, 28},
                                 {"densenet121/14", 512, 14},
                                 {"densenet121/7", 1024, 7}};

/// A pre-activation batch-norm.
void normalize(benchmark::State& state, Isa isa, Image image) {
  const auto threads = static_cast<int>(state.range(0));
  ThreadPool pool(threads);
  const KernelContext context{pool, inner_loops(isa)};
  const std::int64_t blocks = (image.channels + context.loops.width - 1) / context.loops.width;
  const std::int64_t channels = blocks * context.loops.width;
  const std::int64_t pixels = image.extent * image.extent;
  AlignedFloats scale(channels), shift(channels), input(channels * pixels),
      output(channels * pixels);
  const ChannelScale plan{
      blocks, blocks, pixels, scale.data(), false, shift.data(), {UnaryOp::kRelu, 0, 0}};
  for (auto _ : state) {
    scale_channels(context, plan, input.data(), output.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state, threads, 2 * channels * pixels * kFloatBytes);
}

struct Function {
  const char* name;
  UnaryOp op;
};

constexpr Function kFunctions[] = {{"relu", UnaryOp::kRelu}, {"hard_swish", UnaryOp::kHardSwish},
                                   {"exp", UnaryOp::kExp},   {"sigmoid", UnaryOp::kSigmoid},
                                   {"silu", UnaryOp::kSilu}, {"tanh", UnaryOp::kTanh},
                                   {"erf", UnaryOp::kErf},   {"gelu", UnaryOp::kGelu},
                                   {"log", UnaryOp::kLog},   {"mish", UnaryOp::kMish}};

/// `size` elements: some thousand stay in the first-level cache, a million are an image.
void apply(benchmark::State& state, Isa isa, Function function, std::int64_t size) {
  const auto threads = static_cast<int>(state.range(0));
  ThreadPool pool(threads);
  const KernelContext context{pool, inner_loops(isa)};
  AlignedFloats values(size), output(size);
  for (auto _ : state) {
    unary(context, {function.op, 0, 0}, size, values.data(), output.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state, threads, 2 * size * kFloatBytes);
  state.counters["elements/ns"] = benchmark::Counter(
      static_cast<double>(size * state.iterations()) * 1e-9, benchmark::Counter::kIsRate);
}

void apply_in_cache(benchmark::State& state, Isa isa, Function function) {
  apply(state, isa, function, 4096);
}

void apply_to_image(benchmark::State& state, Isa isa, Function function) {
  apply(state, isa, function, 32 * 112 * 112);
}

[[maybe_unused]] const bool registered = [] {
  for (const Image& image : kImages) {
    register_for_every_isa("scale_channels", image.name, scale, image);
    register_for_every_isa("add_relu", image.name, add, image);
  }
  for (const Image& image : kNormalized) {
    register_for_every_isa("scale_shift_relu", image.name, normalize, image);
  }
  for (const Function& function : kFunctions) {
    register_for_every_isa("unary_in_cache", function.name, apply_in_cache, function);
    register_for_every_isa("unary", function.name, apply_to_image, function);
  }
  return true;
}();

}  // namespace
}  // namespace headway
