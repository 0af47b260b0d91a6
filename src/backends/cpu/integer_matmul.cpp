#include <algorithm>

#include "backends/cpu/integer.h"
#include "backends/cpu/lowering.h"
#include "base/error.h"
#include "kernels/inner_loops.h"
#include "kernels/threshold.h"
#include "ops/matmul_rules.h"

namespace headway::cpu {
namespace {

std::size_t in_cache_lines(std::int64_t bytes) {
  return (static_cast<std::size_t>(bytes) + 63) / 64 * 64;
}

/// Where the operands of one product of several begin.
struct Offsets {
  std::int64_t a, b, c;
};

bool is_dense(const MatMulShapes& shapes) {
  std::int64_t expected = shapes.m * shapes.k;
  for (std::size_t axis = shapes.batch.size(); axis-- > 0;) {
    if (shapes.batch[axis] != 1 && shapes.a_strides[axis] != expected) return false;
    expected *= shapes.batch[axis];
  }
  return true;
}

class IntegerMatMulStep final : public Step {
 public:
  IntegerMatMulStep(const Node& node, const MatMulShapes& shapes, Lowering& lowering)
      : places_(integer_places(node)),
        m_(shapes.m),
        panels_{shapes.n, shapes.k, lowering.loops.width},
        a_dtype_(node.input(places_.a)->type.dtype),
        b_{node.input(places_.b)->type.dtype, nullptr, nullptr,
           count_of(node.input(places_.b_zero)) > 1 ? 1 : 0},
        zero_by_rows_(count_of(node.input(places_.a_zero)) > 1),
        result_(node, places_, panels_),
        element_size_(static_cast<std::int64_t>(size_of(node.output()->type.dtype))),
        loops_(lowering.loops) {
    list_products(shapes);
    const bool is_one = count_of(node.input(places_.b)) == shapes.n * shapes.k;
    if (is_one && node.input(places_.b)->is_constant() && is_known(node.input(places_.b_zero)))
      pack_once(node, lowering);
    const bool as_is = a_dtype_ == DType::kUInt8 && shapes.k % 4 == 0;
    copies_ = !as_is || needs_sums_;
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    const KernelContext context{pool, loops_};
    auto* starts =
        reinterpret_cast<std::int32_t*>(static_cast<std::byte*>(operands.scratch) + a_bytes());
    std::byte* b_scratch = static_cast<std::byte*>(operands.scratch) + a_bytes() + start_bytes();
    const std::uint8_t* zero = input(operands, places_.a_zero);
    const std::int32_t shift =
        zero_by_rows_ ? 0 : unsigned_zero(a_dtype_, zero != nullptr ? *zero : 0);
    for (const Offsets& product : products_) {
      const ByteRows a = rows_of(context, operands, product.a);
      const std::byte* b = b_scratch;
      if (packed_.defined()) {
        b = static_cast<const std::byte*>(packed_.raw());
      } else {
        ByteMatrix matrix = b_;
        matrix.data = static_cast<const std::byte*>(operands.inputs[places_.b]) + product.b;
        matrix.zero = input(operands, places_.b_zero);
        pack_byte_panels(context, panels_, matrix, b_scratch);
      }
      const ByteEpilogue epilogue = result_.epilogue();
      start_sums(panels_, b, shift, epilogue.bias, starts);
      byte_gemm(context, panels_, a, b, starts, epilogue,
                static_cast<std::byte*>(operands.outputs[0]) + product.c * element_size_);
    }
  }

  std::size_t scratch_bytes() const override {
    return a_bytes() + start_bytes() + (packed_.defined() ? 0 : in_cache_lines(panels_.bytes()));
  }
  bool reads(std::size_t input) const override { return input != places_.b || !packed_.defined(); }
  std::string algorithm() const override { return "int8"; }

 private:
  static const std::uint8_t* input(const Operands& operands, std::size_t place) {
    return place < operands.inputs.size() ? static_cast<const std::uint8_t*>(operands.inputs[place])
                                          : nullptr;
  }

  void pack_once(const Node& node, Lowering& lowering) {
    const Value* zeros = node.input(places_.b_zero);
    const Tensor zero = zeros ? zeros->constant().clone() : Tensor();
    const auto pack = [&](const float* source, Range, float* packed) {
      ByteMatrix b = b_;
      b.data = source;
      b.zero = zeros ? zero.raw() : nullptr;
      pack_byte_panels({lowering.pool, loops_}, panels_, b, reinterpret_cast<std::byte*>(packed));
    };
    const Packing packing{
        .layout = concat("bytes ", panels_.n, ' ', panels_.k, " zero ", bytes_text(zeros)),
        .floats = static_cast<std::size_t>(panels_.bytes()) / sizeof(float),
        .pack = pack};
    packed_ = lowering.weights.get(node.input(places_.b)->constant(), packing, lowering.pool);
    needs_sums_ = has_zero_points(panels_, static_cast<const std::byte*>(packed_.raw()));
  }

  std::int64_t row_bytes() const { return panels_.fours() * 4; }
  /// Of a copy of A, and two integers for each of its rows.
  std::size_t a_bytes() const {
    if (!copies_ && !zero_by_rows_) return 0;
    return in_cache_lines(m_ * row_bytes()) + 2 * in_cache_lines(m_ * 4);
  }

  std::size_t start_bytes() const {
    return in_cache_lines(panels_.count() * panels_.columns() * 4);
  }

  ByteRows rows_of(const KernelContext& context, const Operands& operands,
                   std::int64_t offset) const {
    const std::uint8_t* data = input(operands, places_.a) + offset;
    const std::uint8_t* zero = input(operands, places_.a_zero);
    auto* copy = static_cast<std::uint8_t*>(operands.scratch);
    auto* sums = reinterpret_cast<std::int32_t*>(copy + in_cache_lines(m_ * row_bytes()));
    auto* zeros = sums + in_cache_lines(m_ * 4) / 4;
    ByteRows rows{.m = m_, .data = data, .stride = panels_.k};
    if (zero_by_rows_) {
      for (std::int64_t row = 0; row < m_; ++row) zeros[row] = -unsigned_zero(a_dtype_, zero[row]);
      rows.minus_zero = zeros;
    }
    if (!copies_) return rows;
    const std::uint8_t flip = flip_to_unsigned(a_dtype_);
    for_tasks(context, m_, panels_.k, [&](std::int64_t row, std::int64_t last, int) {
      for (; row < last; ++row) {
        sums[row] =
            -loops_.flip_bytes(panels_.k, data + row * panels_.k, flip, copy + row * row_bytes());
      }
    });
    rows.data = copy;
    rows.stride = row_bytes();
    if (needs_sums_) rows.minus_sum = sums;
    return rows;
  }

  /// Rows of all batches are one matrix if all are multiplied with the same B.
  void list_products(const MatMulShapes& shapes) {
    const std::int64_t batch = num_elements(shapes.batch);
    const bool same_b = std::ranges::all_of(shapes.b_strides, [](auto step) { return step == 0; });
    if (batch > 1 && same_b && !zero_by_rows_ &&
        num_elements(shapes.output) == batch * m_ * panels_.n && is_dense(shapes)) {
      m_ *= batch;
      products_ = {{0, 0, 0}};
      return;
    }
    for (std::int64_t i = 0; i < batch; ++i) {
      Offsets offsets{0, 0, i * m_ * panels_.n};
      std::int64_t rest = i;
      for (std::size_t axis = shapes.batch.size(); axis-- > 0;) {
        offsets.a += rest % shapes.batch[axis] * shapes.a_strides[axis];
        offsets.b += rest % shapes.batch[axis] * shapes.b_strides[axis];
        rest /= shapes.batch[axis];
      }
      products_.push_back(offsets);
    }
  }

  IntegerPlaces places_;
  std::int64_t m_;
  BytePanels panels_;
  DType a_dtype_;
  ByteMatrix b_;
  bool zero_by_rows_;
  Requantization result_;
  std::int64_t element_size_;
  const InnerLoops& loops_;
  std::vector<Offsets> products_;
  Tensor packed_;           ///< Undefined if B is not one constant matrix.
  bool needs_sums_ = true;  ///< Of A's rows.
  bool copies_ = true;      ///< A has to become unsigned, or its rows whole fours.
};

}  // namespace

std::unique_ptr<Step> lower_integer_matmul(const Node& node, Lowering& lowering) {
  const IntegerPlaces places = integer_places(node);
  const Value *a = node.input(places.a), *b = node.input(places.b);
  if (!is_bytes(a) || !is_bytes(b)) return nullptr;
  const MatMulShapes shapes = matmul_shapes(node, shape_of(a), shape_of(b));
  const bool is_matrix = shape_of(a).size() == 2;
  if (!is_one_or(node.input(places.a_zero), is_matrix ? shapes.m : 1) ||
      !is_one_or(node.input(places.b_zero), shapes.n) || !scales_fit(node, places, shapes.n)) {
    return nullptr;
  }
  return std::make_unique<IntegerMatMulStep>(node, shapes, lowering);
}

}  // namespace headway::cpu
