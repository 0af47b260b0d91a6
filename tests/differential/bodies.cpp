#include <array>
#include <memory>

#include "families.h"
#include "graph/text.h"
#include "ops/operator.h"

namespace headway::differential {
namespace {

// Control flow with random bodies, some of which keep values in sequences and optionals.

/// Statements over float32 values of one shape.
class Statements {
 public:
  Statements(Builder& b, std::vector<std::string> values, std::string type)
      : b_(b), values_(std::move(values)), type_(std::move(type)) {}

  /// Adds some, and returns the last one's value.
  std::string some(bool nested = true) {
    for (std::int64_t count = b_.between(1, 4); count > 0; --count) add(nested);
    return values_.back();
  }

  std::string any() { return values_[b_.random().below(values_.size())]; }
  const std::string& text() const noexcept { return text_; }

 private:
  std::string fresh() { return "%t" + std::to_string(count_++); }
  void line(const std::string& result, const std::string& expression) {
    text_ += result + " = " + expression + "\n";
  }
  std::string index(std::int64_t value) {
    const std::string name = fresh();
    text_ += name + ": int64[] = constant {" + std::to_string(value) + "}\n";
    return name;
  }

  void add(bool nested) {
    const std::int64_t kind = b_.between(0, nested ? 9 : 7);
    std::string result;
    if (kind < 3) {
      const std::string x = any();
      line(result = fresh(), b_.pick({"Relu", "Tanh", "Neg", "Abs", "Sigmoid"}) + "(" + x + ")");
    } else if (kind < 6) {
      const std::string x = any(), y = any();
      line(result = fresh(), b_.pick({"Add", "Sub", "Mul", "Max"}) + "(" + x + ", " + y + ")");
    } else if (kind < 8) {
      result = b_.chance(70) ? sequence() : optional();
    } else {
      result = conditional();
    }
    values_.push_back(result);
  }

  /// Values put into a sequence, some of which come out again.
  std::string sequence() {
    std::string list = fresh();
    const std::string x = any(), y = any(), z = any();
    line(list, "SequenceConstruct(" + x + ", " + y + ")");
    std::int64_t length = 2;
    if (b_.chance(60)) {
      const std::string longer = fresh();
      const std::string at = b_.chance(70) ? ", " + index(b_.between(-2, 2)) : "";
      line(longer, "SequenceInsert(" + list + ", " + z + at + ")");
      list = longer;
      ++length;
    }
    if (b_.chance(40)) {
      const std::string shorter = fresh();
      const std::string at = b_.chance(70) ? ", " + index(b_.between(-length, length - 1)) : "";
      line(shorter, "SequenceErase(" + list + at + ")");
      list = shorter;
      --length;
    }
    const std::string result = fresh();
    if (b_.chance(30)) {  // All of them, summed.
      const std::string stacked = fresh(), axis = fresh();
      line(stacked, "ConcatFromSequence(" + list + ") {axis = 0, new_axis = 1}");
      text_ += axis + ": int64[1] = constant {0}\n";
      line(result, "ReduceSum(" + stacked + ", " + axis + ") {keepdims = 0}");
    } else {
      const std::string at = index(b_.between(-length, length - 1));
      line(result, "SequenceAt(" + list + ", " + at + ")");
    }
    return result;
  }

  std::string optional() {
    const std::string held = fresh(), result = fresh(), x = any();
    line(held, "Optional(" + x + ")");
    line(result, "OptionalGetElement(" + held + ")");
    return result;
  }

  std::string conditional() {
    const std::string condition = fresh(), result = fresh(), x = any();
    text_ += condition + ": bool[] = constant {" + b_.pick({"true", "false"}) + "}\n";
    const auto branch = [&](const char* name) {
      Statements inner(b_, {"%o"}, type_);
      const std::string last = inner.some(false);
      return std::string("graph ") + name + " (%o: " + type_ + ") -> (" + last + ") {\n" +
             inner.text() + "}";
    };
    const std::string then = branch("then"), otherwise = branch("else");
    line(result, "If(" + condition + ", " + x + ") {captures = 1, then_branch = " + then +
                     ", else_branch = " + otherwise + "}");
    return result;
  }

  Builder& b_;
  std::vector<std::string> values_;
  std::string type_, text_;
  int count_ = 0;
};

/// Of a shape's rank: ONNX Runtime wants to know as much of what a Scan's body gives.
std::string type_of(std::size_t rank) {
  std::string extents;
  for (std::size_t i = 0; i < rank; ++i) extents += i == 0 ? "?" : ",?";
  return "float32[" + extents + "]";
}

Body parsed(const std::string& text) {
  Graph graph = parse_graph(text);
  infer_types(graph);
  return std::make_shared<const Graph>(std::move(graph));
}

void branch(Builder& b) {
  const ValueId x = b.value(float32_only(), 0, 3, Fill::kUnit);
  const ValueId y = b.operand(DType::kFloat32, b.shape_of(x), Fill::kUnit);
  const std::string type = type_of(b.rank_of(x));
  const auto body = [&](const std::string& name) {
    Statements statements(b, {"%x", "%y"}, type);
    const std::string last = statements.some();
    return parsed("graph " + name + " (%x: " + type + ", %y: " + type + ") -> (" + last + ") {\n" +
                  statements.text() + "}");
  };
  const Attributes attributes = {
      {"captures", std::int64_t{2}}, {"then_branch", body("then")}, {"else_branch", body("else")}};
  const ValueId condition =
      b.input_or_constant(random_tensor(DType::kBool, {}, Fill::kPlain, b.random()));
  b.node("If", {condition, x, y}, attributes, {DType::kFloat32});
}

/// Ends after a number of iterations, or when the body says so.
void loop(Builder& b) {
  const ValueId x = b.value(float32_only(), 0, 3, Fill::kUnit);
  const ValueId outer = b.operand(DType::kFloat32, b.shape_of(x), Fill::kUnit);
  const std::string type = type_of(b.rank_of(x));
  Statements statements(b, {"%v", "%o"}, type);
  const std::string next = statements.some(), collected = statements.any();
  const std::string text = "graph step (%i: int64[], %go: bool[], %v: " + type + ", %o: " + type +
                           ") -> (%on, %next, "
                           "%each) {\n%limit: int64[] = constant {" +
                           std::to_string(b.between(0, 5)) + "}\n%on = Less(%i, %limit)\n" +
                           statements.text() + "%next = Identity(" + next + ")\n%each = Identity(" +
                           collected + ")\n}";
  const ValueId trips = b.input_or_constant(Tensor::from<std::int64_t>({}, {b.between(1, 4)}));
  const ValueId go = b.constant(Tensor::from<std::int64_t>({}, {1}).to(DType::kBool));
  b.nodes("Loop", {trips, go, x, outer}, {{"captures", std::int64_t{1}}, {"body", parsed(text)}},
          {DType::kFloat32, DType::kFloat32});
}

/// Along any axis, forwards or backwards, of one or two sequences.
void scan(Builder& b) {
  const Shape shape = b.shape(1, 2);
  const std::int64_t length = b.between(1, 5), count = b.between(1, 2);
  const auto rank = static_cast<std::int64_t>(shape.size()) + 1;
  std::vector<ValueId> inputs = {b.operand(DType::kFloat32, shape, Fill::kUnit)};
  Ints axes, directions;
  const std::string type = type_of(shape.size());
  std::string declared = "%v: " + type;
  std::vector<std::string> names = {"%v"};
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t axis = b.between(0, rank - 1);
    Shape sequence = shape;
    sequence.insert(sequence.begin() + axis, length);
    inputs.push_back(b.operand(DType::kFloat32, sequence, Fill::kUnit));
    axes.push_back(b.signed_axis(axis, static_cast<std::size_t>(rank)));
    directions.push_back(b.between(0, 1));
    names.push_back("%x" + std::to_string(i));
    declared += ", " + names.back() + ": " + type;
  }
  Statements statements(b, names, type);
  const std::string next = statements.some(), each = statements.any();
  const std::string text = "graph step (" + declared + ") -> (%next, %each) {\n" +
                           statements.text() + "%next = Identity(" + next + ")\n%each = Identity(" +
                           each + ")\n}";
  Attributes attributes = {{"body", parsed(text)},
                           {"num_scan_inputs", count},
                           {"scan_input_axes", axes},
                           {"scan_input_directions", directions}};
  if (b.chance(50)) attributes["scan_output_axes"] = Ints{b.between(-rank, rank - 1)};
  if (b.chance(40)) attributes["scan_output_directions"] = Ints{b.between(0, 1)};
  b.nodes("Scan", inputs, attributes, {DType::kFloat32, DType::kFloat32});
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>({branch, loop, scan});

}  // namespace

Family body_family() {
  return {"bodies", kGenerators};
}

}  // namespace headway::differential
