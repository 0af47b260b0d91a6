#include <algorithm>
#include <bit>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "base/error.h"
#include "kernels/integer/integer_conv.h"
#include "kernels/integer/integer_gemm.h"
#include "ops/conv_geometry.h"
#include "ops/matmul_rules.h"

namespace headway::cpu {
namespace {

/// Where the operands of a product or convolution are among a node's inputs.
struct Places {
  std::size_t a, a_zero, b, b_zero;
  bool quantized;  ///< The result is 8-bit, and has scales:
  std::size_t a_scale = 0, b_scale = 0, y_scale = 0, y_zero = 0, bias = 0;
};
constexpr Places kInteger = {0, 2, 1, 3, false};
constexpr Places kQuantized = {0, 2, 3, 5, true, 1, 4, 6, 7, 8};

Places places_of(const Node& node) {
  return node.is("QLinearConv") || node.is("QLinearMatMul") ? kQuantized : kInteger;
}

std::int64_t count_of(const Value* value) {
  return value ? num_elements(shape_of(value)) : 0;
}

bool is_bytes(const Value* value) {
  return value->type.dtype == DType::kInt8 || value->type.dtype == DType::kUInt8;
}

bool is_known(const Value* value) {
  return value == nullptr || value->is_constant();
}

/// Nothing, one element, or a vector of `count`.
bool is_one_or(const Value* value, std::int64_t count) {
  const std::int64_t elements = count_of(value);
  return elements <= 1 || (shape_of(value).size() == 1 && elements == count);
}

CentredMatrix matrix_of(const Node& node, std::size_t place, std::size_t zero,
                        const void* data = nullptr, const void* zero_data = nullptr) {
  const Value* zeros = node.input(zero);
  return {node.input(place)->type.dtype, data, zero_data, count_of(zeros) > 1 ? 1 : 0};
}

/// The bytes of a constant, or none, as text.
std::string bytes_text(const Value* value) {
  if (value == nullptr) return "none";
  const Tensor tensor = value->constant().clone();
  const std::span bytes(static_cast<const std::uint8_t*>(tensor.raw()), tensor.byte_size());
  if (std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; })) return "none";
  std::string text;
  for (const std::uint8_t byte : bytes) text += concat(' ', static_cast<int>(byte));
  return text;
}

/// A constant right operand, or filter, packed by pack(matrix, packed).
template <typename Pack>
Tensor packed_once(const Node& node, const Places& places, std::string layout, std::int64_t size,
                   Lowering& lowering, const Pack& pack) {
  const Value* zeros = node.input(places.b_zero);
  const Tensor zero = zeros ? zeros->constant().clone() : Tensor();
  const auto pack_all = [&](const float* source, Range, float* packed) {
    pack(matrix_of(node, places.b, places.b_zero, source, zeros ? zero.raw() : nullptr),
         reinterpret_cast<std::int16_t*>(packed));
  };
  const Packing packing{.layout = concat(layout, " zero ", bytes_text(zeros)),
                        .floats = static_cast<std::size_t>(size + 1) / 2,
                        .pack = pack_all};
  return lowering.weights.get(node.input(places.b)->constant(), packing, lowering.pool);
}

/// What a step needs to finish its sums.
class Requantization {
 public:
  Requantization(const Node& node, const Places& places, bool by_rows, std::int64_t channels)
      : to_(node.output()->type.dtype), by_rows_(by_rows) {
    if (!places.quantized) return;
    const double a = number(node, places.a_scale), y = number(node, places.y_scale);
    const Tensor b = node.input(places.b_scale)->constant().clone();
    for (const float scale : b.values<float>()) factors_.push_back(scale * (a / y));
    zero_ = number(node, places.y_zero);
    if (by_rows_ && node.input(places.bias) != nullptr) {
      const Tensor bias = node.input(places.bias)->constant().clone();
      bias_.assign(bias.values<std::int32_t>().begin(), bias.values<std::int32_t>().end());
    }
    if (by_rows_) factors_.resize(static_cast<std::size_t>(channels), factors_.front());
  }

  IntegerEpilogue epilogue() const {
    return {.to = to_,
            .bias = bias_.empty() ? nullptr : bias_.data(),
            .factor = factors_.data(),
            .by_rows = by_rows_,
            .by_columns = !by_rows_ && factors_.size() > 1,
            .zero = zero_};
  }

 private:
  static double number(const Node& node, std::size_t place) {
    if (node.input(place) == nullptr) return 0.0;
    return node.input(place)->constant().clone().to(DType::kFloat64).values<double>()[0];
  }

  DType to_;
  bool by_rows_;
  std::vector<double> factors_;
  std::vector<std::int32_t> bias_;
  double zero_ = 0;
};

/// Bytes of that many 16-bit integers, in whole cache lines.
std::size_t aligned_bytes(std::int64_t integers) {
  return (static_cast<std::size_t>(integers) * sizeof(std::int16_t) + 63) / 64 * 64;
}

/// Where the operands of one product of several begin.
struct Offsets {
  std::int64_t a, b, c;
};

class IntegerMatMulStep final : public Step {
 public:
  IntegerMatMulStep(const Node& node, const MatMulShapes& shapes, Lowering& lowering)
      : places_(places_of(node)),
        m_(shapes.m),
        panels_{shapes.n, shapes.k, lowering.loops.width},
        a_(matrix_of(node, places_.a, places_.a_zero)),
        b_(matrix_of(node, places_.b, places_.b_zero)),
        result_(node, places_, false, shapes.n),
        element_size_(static_cast<std::int64_t>(size_of(node.output()->type.dtype))),
        loops_(lowering.loops) {
    list_products(shapes);
    const bool is_one = count_of(node.input(places_.b)) == shapes.n * shapes.k;
    if (is_one && node.input(places_.b)->is_constant() && is_known(node.input(places_.b_zero))) {
      packed_ =
          packed_once(node, places_, concat("integer matmul ", shapes.n, ' ', shapes.k),
                      panels_.size(), lowering, [&](const CentredMatrix& b, std::int16_t* packed) {
                        pack(KernelContext{lowering.pool, loops_}, b, packed);
                      });
    }
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    const KernelContext context{pool, loops_};
    auto* a16 = static_cast<std::int16_t*>(operands.scratch);
    auto* b16 = reinterpret_cast<std::int16_t*>(static_cast<std::byte*>(operands.scratch) +
                                                aligned_bytes(m_ * panels_.pairs() * 2));
    for (const Offsets& product : products_) {
      CentredMatrix a = bound(a_, operands, places_.a, places_.a_zero, product.a);
      centre_rows(context, a, m_, panels_.k, a16);
      const std::int16_t* b = b16;
      if (packed_.defined()) {
        b = static_cast<const std::int16_t*>(packed_.raw());
      } else {
        pack(context, bound(b_, operands, places_.b, places_.b_zero, product.b), b16);
      }
      integer_gemm(context, panels_, m_, a16, b, result_.epilogue(),
                   static_cast<std::byte*>(operands.outputs[0]) + product.c * element_size_);
    }
  }

  std::size_t scratch_bytes() const override {
    return aligned_bytes(m_ * panels_.pairs() * 2) +
           (packed_.defined() ? 0 : aligned_bytes(panels_.size()));
  }
  bool reads(std::size_t input) const override { return input != places_.b || !packed_.defined(); }

 private:
  static CentredMatrix bound(CentredMatrix matrix, const Operands& operands, std::size_t place,
                             std::size_t zero, std::int64_t offset) {
    matrix.data = static_cast<const std::byte*>(operands.inputs[place]) + offset;
    matrix.zero = zero < operands.inputs.size() ? operands.inputs[zero] : nullptr;
    return matrix;
  }

  void pack(const KernelContext& context, const CentredMatrix& b, std::int16_t* packed) const {
    context.pool.parallel_for(panels_.count(), [&](std::int64_t panel, std::int64_t last, int) {
      for (; panel < last; ++panel)
        pack_integer_panel(loops_, panels_, b, panel, packed + panel * panels_.panel_size());
    });
  }

  /// Rows of all batches are one matrix if all are multiplied with the same B.
  void list_products(const MatMulShapes& shapes) {
    const std::int64_t batch = num_elements(shapes.batch);
    const bool same_b = std::ranges::all_of(shapes.b_strides, [](auto step) { return step == 0; });
    if (batch > 1 && same_b && a_.zero_step == 0 &&
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

  static bool is_dense(const MatMulShapes& shapes) {
    std::int64_t expected = shapes.m * shapes.k;
    for (std::size_t axis = shapes.batch.size(); axis-- > 0;) {
      if (shapes.batch[axis] != 1 && shapes.a_strides[axis] != expected) return false;
      expected *= shapes.batch[axis];
    }
    return true;
  }

  Places places_;
  std::int64_t m_;
  IntegerPanels panels_;
  CentredMatrix a_, b_;
  Requantization result_;
  std::int64_t element_size_;
  const InnerLoops& loops_;
  std::vector<Offsets> products_;
  Tensor packed_;  ///< Undefined if B is not one constant matrix.
};

class IntegerConvStep final : public Step {
 public:
  IntegerConvStep(const Node& node, const IntegerConvShape& shape, Lowering& lowering)
      : places_(places_of(node)),
        kernel_(shape, lowering.loops, lowering.threads),
        input_(matrix_of(node, places_.a, places_.a_zero)),
        result_(node, places_, true, shape.out_channels),
        loops_(lowering.loops) {
    packed_ = packed_once(
        node, places_, "integer conv", kernel_.packed_size(), lowering,
        [&](const CentredMatrix& weights, std::int16_t* packed) { kernel_.pack(weights, packed); });
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    CentredMatrix input = input_;
    input.data = operands.inputs[places_.a];
    input.zero =
        places_.a_zero < operands.inputs.size() ? operands.inputs[places_.a_zero] : nullptr;
    kernel_.run({pool, loops_}, input, static_cast<const std::int16_t*>(packed_.raw()),
                result_.epilogue(), operands.outputs[0], operands.scratch);
  }

  std::size_t scratch_bytes() const override { return kernel_.scratch_bytes(); }
  bool reads(std::size_t input) const override { return input != places_.b; }

 private:
  Places places_;
  IntegerConv kernel_;
  CentredMatrix input_;
  Requantization result_;
  const InnerLoops& loops_;
  Tensor packed_;
};

/// Constant scales in float32: one for A and the result, one for all of B or for each of `columns`.
bool scales_fit(const Node& node, const Places& places, std::int64_t columns) {
  if (!places.quantized) return true;
  if (!is_bytes(node.output())) return false;
  for (const std::size_t place : {places.a_scale, places.b_scale, places.y_scale}) {
    if (!is_float(node.input(place)) || !node.input(place)->is_constant()) return false;
  }
  return count_of(node.input(places.a_scale)) == 1 && count_of(node.input(places.y_scale)) == 1 &&
         is_one_or(node.input(places.b_scale), columns) && is_known(node.input(places.y_zero)) &&
         count_of(node.input(places.y_zero)) <= 1;
}

/// The last axes are one where no window spans or skips anything.
void join_plain_axes(std::vector<IntegerWindow>& axes) {
  const auto is_plain = [](const IntegerWindow& axis) {
    return axis.kernel == 1 && axis.stride == 1 && axis.pad == 0 && axis.input == axis.output;
  };
  while (axes.size() > 1 && is_plain(axes.back()) && is_plain(axes[axes.size() - 2])) {
    const std::int64_t inner = axes.back().input;
    axes.pop_back();
    axes.back().input *= inner;
    axes.back().output *= inner;
  }
}

}  // namespace

std::unique_ptr<Step> lower_integer_matmul(const Node& node, Lowering& lowering) {
  const Places places = places_of(node);
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

std::unique_ptr<Step> lower_integer_conv(const Node& node, Lowering& lowering) {
  const Places places = places_of(node);
  const Value *x = node.input(places.a), *w = node.input(places.b);
  const ConvGeometry geometry = conv_geometry(node, shape_of(x), shape_of(w));
  const Value* bias = places.quantized ? node.input(places.bias) : nullptr;
  if (!is_bytes(x) || !is_bytes(w) || !w->is_constant() || !is_known(node.input(places.b_zero)) ||
      !is_known(bias) || (bias != nullptr && bias->type.dtype != DType::kInt32) ||
      !is_one_or(node.input(places.a_zero), 1) ||
      !is_one_or(node.input(places.b_zero), geometry.out_channels) ||
      !is_one_or(bias, geometry.out_channels) || !scales_fit(node, places, geometry.out_channels)) {
    return nullptr;
  }
  if (bias != nullptr && count_of(bias) != geometry.out_channels) return nullptr;
  IntegerConvShape shape{
      geometry.batch, geometry.groups, geometry.in_channels, geometry.out_channels, {}};
  for (const WindowAxis& axis : geometry.axes) {
    if (axis.pad_begin < 0) return nullptr;
    shape.axes.push_back(
        {axis.input, axis.kernel, axis.stride, axis.dilation, axis.pad_begin, axis.output});
  }
  join_plain_axes(shape.axes);
  return std::make_unique<IntegerConvStep>(node, shape, lowering);
}

}  // namespace headway::cpu
