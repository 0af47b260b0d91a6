#include <array>
#include <limits>

#include "formats/onnx/contrib/families.h"
#include "ops/elements.h"

namespace headway::onnx {
namespace {

constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();

/// Weights [n, k] in blocks along k, as MatMulNBits stores them: rows of blocks, each of
/// block_size · bits bits, the first element in the lowest bits.
struct Blocks {
  std::int64_t n, k, bits, block_size;

  std::int64_t per_row() const { return (k + block_size - 1) / block_size; }
  std::int64_t block_bytes() const { return block_size * bits / 8; }
  std::int64_t zero_bytes() const { return (per_row() * bits + 7) / 8; }

  int bits_at(const std::uint8_t* bytes, std::int64_t index) const {
    const std::int64_t bit = index * bits;
    return bytes[bit / 8] >> (bit % 8) & ((1 << bits) - 1);
  }
};

Blocks blocks_of(const Expansion& e) {
  const Blocks blocks{e.get_int("N", 0), e.get_int("K", 0), e.get_int("bits", 4),
                      e.get_int("block_size", 0)};
  const bool known_bits = blocks.bits == 2 || blocks.bits == 4 || blocks.bits == 8;
  const bool in_range = blocks.n > 0 && blocks.n <= kLargest && blocks.k > 0 &&
                        blocks.k <= kLargest && blocks.block_size >= 8 &&
                        blocks.block_size <= kLargest;
  if (!in_range || !known_bits) {
    e.refuse("N, K, bits and block_size are ", blocks.n, ", ", blocks.k, ", ", blocks.bits, " and ",
             blocks.block_size, ", which is not supported");
  }
  return blocks;
}

Tensor constant_of(const Expansion& e, std::size_t input, std::int64_t size) {
  const Value* value = e.input(input);
  if (!value->is_constant())
    e.refuse("input ", input, " is computed; only constant weights are supported");
  if (value->constant().size() < size) {
    fail(ErrorCode::kInvalidModel, e.node().described(), ": input ", input, " has ",
         value->constant().size(), " elements but needs ", size);
  }
  return value->constant().clone();
}

/// The zero point of each block.
std::vector<double> zero_points(const Expansion& e, const Blocks& blocks) {
  const std::int64_t count = blocks.n * blocks.per_row();
  std::vector<double> zeros(static_cast<std::size_t>(count), 1 << (blocks.bits - 1));
  if (!e.has(3)) return zeros;
  const bool packed = e.input(3)->is_constant() && e.input(3)->constant().dtype() == DType::kUInt8;
  const Tensor given = constant_of(e, 3, packed ? blocks.n * blocks.zero_bytes() : count);
  if (!packed) {
    const Tensor wide = given.to(DType::kFloat64);
    std::copy_n(wide.data<double>(), zeros.size(), zeros.begin());
    return zeros;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint8_t* row =
        given.data<std::uint8_t>() + i / blocks.per_row() * blocks.zero_bytes();
    zeros[static_cast<std::size_t>(i)] = blocks.bits_at(row, i % blocks.per_row());
  }
  return zeros;
}

/// The weights as a float32 matrix [k, n].
Tensor unpacked(const Expansion& e, const Blocks& blocks) {
  const std::int64_t count = blocks.n * blocks.per_row();
  const Tensor bytes = constant_of(e, 1, count * blocks.block_bytes());
  if (bytes.dtype() != DType::kUInt8) e.refuse("its weights are not uint8");
  const Tensor scales = constant_of(e, 2, count).to(DType::kFloat64);
  const std::vector<double> zeros = zero_points(e, blocks);
  Tensor result = Tensor::allocate(DType::kFloat32, {blocks.k, blocks.n});
  float* out = result.data<float>();
  for (std::int64_t block = 0; block < count; ++block) {
    const std::uint8_t* data = bytes.data<std::uint8_t>() + block * blocks.block_bytes();
    const std::int64_t row = block / blocks.per_row();
    const std::int64_t first = block % blocks.per_row() * blocks.block_size;
    const double scale = scales.data<double>()[block],
                 zero = zeros[static_cast<std::size_t>(block)];
    for (std::int64_t i = 0; i < blocks.block_size && first + i < blocks.k; ++i)
      out[(first + i) * blocks.n + row] =
          static_cast<float>((blocks.bits_at(data, i) - zero) * scale);
  }
  return result;
}

/// MatMulNBits(A, B, scales, zero_points?, g_idx?, bias?): A · Bᵀ + bias
void expand_matmul_n_bits(Expansion& e) {
  if (e.has(4)) e.refuse("weights in another order (g_idx) are not supported");
  const Tensor weights = unpacked(e, blocks_of(e)).to(e.dtype_of(e.input(0)));
  Value* product = e.add("MatMul", {e.input(0), e.constant(weights)});
  e.yield(0, e.plus(product, e.optional_input(5)));
}

/// The values of 4-bit codes (Dettmers et al., "QLoRA", 2023, and the library bitsandbytes).
constexpr std::array<double, 16> kFloat4 = {0.0,
                                            0.00520833333333,
                                            0.66666666666667,
                                            1.0,
                                            0.33333333333333,
                                            0.5,
                                            0.16666666666667,
                                            0.25,
                                            -0.0,
                                            -0.00520833333333,
                                            -0.66666666666667,
                                            -1.0,
                                            -0.33333333333333,
                                            -0.5,
                                            -0.16666666666667,
                                            -0.25};
constexpr std::array<double, 16> kNormalFloat4 = {-1.0,
                                                  -0.6961928009986877,
                                                  -0.5250730514526367,
                                                  -0.39491748809814453,
                                                  -0.28444138169288635,
                                                  -0.18477343022823334,
                                                  -0.09105003625154495,
                                                  0.0,
                                                  0.07958029955625534,
                                                  0.16093020141124725,
                                                  0.24611230194568634,
                                                  0.33791524171829224,
                                                  0.44070982933044434,
                                                  0.5626170039176941,
                                                  0.7229568362236023,
                                                  1.0};

/// MatMulBnb4(A, B, largest): A · Bᵀ, where the elements of B are codes of 4 bits, the first in the
/// high half of a byte, times the largest magnitude of their block.
void expand_matmul_bnb4(Expansion& e) {
  if (e.get_int("transB", 1) == 0) e.refuse("weights that are not transposed are not supported");
  const std::int64_t quant_type = e.get_int("quant_type", 0);
  if (quant_type != 0 && quant_type != 1) e.refuse("quant_type ", quant_type, " is not supported");
  const auto& codes = quant_type == 0 ? kFloat4 : kNormalFloat4;
  const Blocks blocks = blocks_of(e);
  const std::int64_t count = blocks.n * blocks.k;
  const Tensor bytes = constant_of(e, 1, (count + 1) / 2);
  if (bytes.dtype() != DType::kUInt8) e.refuse("its weights are not uint8");
  const std::int64_t largest_count = (count + blocks.block_size - 1) / blocks.block_size;
  const Tensor largest = constant_of(e, 2, largest_count).to(DType::kFloat64);
  Tensor weights = Tensor::allocate(DType::kFloat32, {blocks.k, blocks.n});
  for (std::int64_t i = 0; i < count; ++i) {
    const int byte = bytes.data<std::uint8_t>()[i / 2];
    const double value = codes[static_cast<std::size_t>(i % 2 == 0 ? byte >> 4 : byte & 15)];
    weights.data<float>()[i % blocks.k * blocks.n + i / blocks.k] =
        static_cast<float>(value * largest.data<double>()[i / blocks.block_size]);
  }
  const Tensor typed = weights.to(e.dtype_of(e.input(0)));
  e.yield(0, e.add("MatMul", {e.input(0), e.constant(typed)}));
}

/// GatherBlockQuantized(data, indices, scales, zero_points?): rows of a table that is quantized in
/// blocks along its last axis; several elements to a byte.
void expand_gather_block_quantized(Expansion& e) {
  const Value* data = e.input(0);
  const auto shape = data->type.static_shape();
  if (!data->is_constant() || data->constant().dtype() != DType::kUInt8 || shape->size() != 2)
    e.refuse("only constant uint8 tables of rank 2 are supported");
  const std::int64_t bits = e.get_int("bits", 4), quantize_axis = e.get_int("quantize_axis", 1);
  if (e.get_int("gather_axis", 0) != 0 || (quantize_axis != 1 && quantize_axis != -1))
    e.refuse("only rows that are quantized along themselves are supported");
  if (bits != 4 && bits != 8) e.refuse("elements of ", bits, " bits are not supported");
  if (shape->back() > kLargest) e.refuse("rows of ", shape->back(), " bytes are not supported");
  const Blocks blocks{shape->front(), shape->back() * (8 / bits), bits,
                      e.get_int("block_size", 128)};
  if (blocks.block_size < 8 || blocks.k % blocks.block_size != 0)
    e.refuse("a block_size of ", blocks.block_size, " does not divide its rows");
  const std::int64_t count = blocks.n * blocks.per_row();
  const Tensor scales = constant_of(e, 2, count).to(DType::kFloat64);
  const std::vector<double> zeros = zero_points(e, blocks);
  const Tensor bytes = aligned(data->constant());
  Tensor table = Tensor::allocate(DType::kFloat32, {blocks.n, blocks.k});
  for (std::int64_t i = 0; i < table.size(); ++i) {
    const std::int64_t block = i / blocks.block_size;
    table.data<float>()[i] = static_cast<float>(
        (blocks.bits_at(bytes.data<std::uint8_t>(), i) - zeros[static_cast<std::size_t>(block)]) *
        scales.data<double>()[block]);
  }
  Value* typed = e.constant(table.to(e.dtype_of(e.input(2))));
  e.yield(0, e.add("Gather", {typed, e.input(1)}));
}

}  // namespace

std::vector<ContribOperator> contrib_block_quantized() {
  return {{"GatherBlockQuantized",
           {"bits", "block_size", "gather_axis", "quantize_axis"},
           expand_gather_block_quantized},
          {"MatMulBnb4",
           {"K", "N", "block_size", "quant_type", "training_mode", "transB"},
           expand_matmul_bnb4},
          {"MatMulNBits",
           {"K", "N", "accuracy_level", "bits", "block_size", "weight_prepacked"},
           expand_matmul_n_bits}};
}

}  // namespace headway::onnx
