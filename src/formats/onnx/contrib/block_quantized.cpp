#include "formats/onnx/contrib/families.h"
#include "tensor/dispatch.h"

namespace headway::onnx {
namespace {

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
  if (blocks.n <= 0 || blocks.k <= 0 || blocks.block_size < 8 || !known_bits) {
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

}  // namespace

std::vector<ContribOperator> contrib_block_quantized() {
  return {{"MatMulNBits",
           {"K", "N", "accuracy_level", "bits", "block_size", "weight_prepacked"},
           expand_matmul_n_bits}};
}

}  // namespace headway::onnx
