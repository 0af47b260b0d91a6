#include <algorithm>
#include <array>
#include <memory>

#include "families.h"
#include "graph/text.h"
#include "ops/operator.h"

namespace headway::differential {
namespace {

// Shapes that depend on elements.

void non_zero(Builder& b) {
  DTypeList dtypes = {DType::kInt32, DType::kInt64, DType::kUInt8, DType::kBool};
  if (b.alone()) dtypes.push_back(DType::kFloat32);  // Elsewhere zeros may be a matter of rounding.
  b.node("NonZero", {b.value(dtypes, 1, 4, Fill::kGrid)}, {}, {DType::kInt64});
}

void compress(Builder& b) {
  const ValueId x = b.value(anything(), 1, 4);
  Attributes attributes;
  std::int64_t extent = b.tensor(x).size();
  if (b.chance(70)) {
    const std::int64_t axis = b.axis_of(b.rank_of(x));
    const auto rank = static_cast<std::int64_t>(b.rank_of(x));
    extent = b.shape_of(x)[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)];
    attributes["axis"] = axis;
  }
  const Shape length = {b.chance(70) ? extent : b.between(0, extent)};
  b.node("Compress", {x, b.operand(DType::kBool, length, Fill::kPlain)}, attributes);
}

void unique(Builder& b) {
  DTypeList dtypes = {DType::kInt64, DType::kInt8};
  if (b.alone()) dtypes = {DType::kFloat32, DType::kFloat64, DType::kInt64, DType::kInt8};
  const ValueId x = b.value(dtypes, 1, 3, Fill::kGrid);
  if (!b.is_finite(x) || !b.has_elements(x)) return;
  Attributes attributes;
  if (b.chance(50)) attributes["axis"] = b.axis_of(b.rank_of(x));
  if (b.chance(50)) attributes["sorted"] = b.between(0, 1);
  b.nodes("Unique", {x}, attributes, {b.dtype_of(x), DType::kInt64, DType::kInt64, DType::kInt64});
}

/// Boxes [batches, count, 4] with scores [batches, classes, count], all of them different.
void non_max_suppression(Builder& b) {
  const std::int64_t batches = b.between(1, 2), classes = b.between(1, 3), count = b.between(1, 9);
  Attributes attributes;
  if (b.chance(50)) attributes["center_point_box"] = b.between(0, 1);
  const Tensor boxes =
      random_tensor(DType::kFloat32, {batches, count, 4}, Fill::kPositive, b.random());
  std::vector<ValueId> inputs = {b.input_or_constant(boxes),
                                 b.operand(DType::kFloat32, {batches, classes, count}, Fill::kUnit),
                                 b.ints({b.between(1, 5)})};
  if (b.chance(80)) inputs.push_back(b.constant(Tensor::from<float>({1}, {0.3F})));
  if (inputs.size() == 4 && b.chance(50))
    inputs.push_back(b.constant(Tensor::from<float>({1}, {0.1F})));
  b.node("NonMaxSuppression", inputs, attributes, {DType::kInt64});
}

// Control flow.

Body body(const std::string& text) {
  Graph graph = parse_graph(text);
  infer_types(graph);
  return std::make_shared<const Graph>(std::move(graph));
}

std::string unary(Builder& b) {
  return b.pick({"Relu", "Tanh", "Neg", "Abs", "Sigmoid"});
}

void branch(Builder& b) {
  const ValueId x = b.value(float32_only(), 0, 3);
  const std::string input = "(%x: float32[...]) -> (%y)";
  const Attributes attributes = {
      {"captures", std::int64_t{1}},
      {"then_branch", body("graph then " + input + " { %y = " + unary(b) + "(%x) }")},
      {"else_branch", body("graph else " + input + " { %y = Add(%x, %x) }")}};
  const Tensor condition = random_tensor(DType::kBool, {}, Fill::kPlain, b.random());
  b.node("If", {b.input_or_constant(condition), x}, attributes, {DType::kFloat32});
}

/// A value carried along, and every step's collected.
void loop(Builder& b) {
  const ValueId x = b.value(float32_only(), 0, 3, Fill::kUnit);
  const std::string text =
      "graph step (%i: int64[], %go: bool[], %v: float32[...]) -> (%on, %w, %s) {\n"
      "%on = Identity(%go)\n%u = " +
      unary(b) + "(%v)\n%w = Add(%u, %v)\n%s = " + unary(b) + "(%w)\n}";
  const ValueId trips =
      b.constant(Tensor::from<std::int64_t>({}, {b.between(b.alone() ? 0 : 1, 4)}));
  const ValueId go = b.constant(Tensor::from<std::int64_t>({}, {1}).to(DType::kBool));
  b.nodes("Loop", {trips, go, x}, {{"body", body(text)}}, {DType::kFloat32, DType::kFloat32});
}

void scan(Builder& b) {
  const Shape shape = b.shape(1, 2);
  Shape sequence = shape;
  sequence.insert(sequence.begin(), b.between(1, 5));
  const std::string text = "graph step (%v: float32[...], %x: float32[...]) -> (%w, %s) {\n%w = " +
                           b.pick({"Add", "Mul", "Max"}) + "(%v, %x)\n%s = " + unary(b) + "(%w)\n}";
  Attributes attributes = {{"body", body(text)}, {"num_scan_inputs", std::int64_t{1}}};
  if (b.chance(40)) attributes["scan_input_directions"] = Ints{b.between(0, 1)};
  if (b.chance(40)) attributes["scan_output_directions"] = Ints{b.between(0, 1)};
  b.nodes("Scan",
          {b.operand(DType::kFloat32, shape, Fill::kUnit),
           b.operand(DType::kFloat32, sequence, Fill::kUnit)},
          attributes, {DType::kFloat32, DType::kFloat32});
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>(
    {non_zero, compress, unique, non_max_suppression, branch, loop, scan});

}  // namespace

Family dynamic_family() {
  return {"dynamic", kGenerators};
}

}  // namespace headway::differential
