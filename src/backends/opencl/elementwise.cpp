#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <string>

#include "backends/opencl/binary.h"
#include "backends/opencl/element_types.h"
#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "backends/opencl/sources.h"
#include "backends/opencl/unary.h"
#include "backends/opencl/walk.h"
#include "base/error.h"
#include "ops/broadcast.h"
#include "ops/fused.h"
#include "ops/operator.h"

namespace headway::opencl {
namespace {

std::string literal(float value) {
  if (std::isinf(value)) return value < 0 ? "-INFINITY" : "INFINITY";
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%af", static_cast<double>(value));
  return text.data();
}

std::string_view comparison(const Node& node) {
  constexpr std::pair<std::string_view, std::string_view> kSigns[] = {
      {"Equal", "=="}, {"Greater", ">"},      {"GreaterOrEqual", ">="},
      {"Less", "<"},   {"LessOrEqual", "<="}, {"And", "&"},
      {"Or", "|"},
  };
  for (const auto& [name, sign] : kSigns) {
    if (node.is(name)) return sign;
  }
  return {};
}

using Names = std::map<const Value*, std::string>;

/// One node in OpenCL C; nullopt if it is not known.
std::optional<std::string> expression(const Node& node, const Names& names) {
  const auto operand = [&](std::size_t index) { return names.at(node.input(index)); };
  if (node.is("Where")) return concat(operand(0), " ? ", operand(1), " : ", operand(2));
  if (node.is("Not")) return concat("!", operand(0));
  if (const auto sign = comparison(node); !sign.empty())
    return concat(operand(0), ' ', sign, ' ', operand(1));
  if (!is_float(node.output())) return std::nullopt;
  if (const auto function = unary_function(node)) {
    return concat("unary_function(", operand(0), ", ", function->kind, ", ", literal(function->a),
                  ", ", literal(function->b), ")");
  }
  const auto function = binary_function(node);
  if (!function || node.inputs().size() != 2) return std::nullopt;
  return concat("binary_function(", operand(0), ", ", operand(1), ", ", *function, ")");
}

/// A kernel for one body.
struct Generated {
  std::string text;
  Walk walk;  ///< Over the inputs that are repeated.
};

class Generator {
 public:
  explicit Generator(const Graph& body) : body_(body), extents_(shape_of(body.outputs()[0])) {}

  /// nullopt if the body has an operator or operands that are not known.
  std::optional<Generated> generate() {
    if (body_.inputs().size() > kMostElementwiseInputs || !add_inputs()) return std::nullopt;
    for (const Node* node : body_.nodes()) {
      const auto code = expression(*node, names_);
      if (!code) return std::nullopt;
      define(node->output(), *code);
    }
    const auto walk = walk_over(extents_, strides_);
    if (!walk) return std::nullopt;
    return Generated{
        concat(signature(), statements_, "  y[i] = ", names_.at(body_.outputs()[0]), ";\n}\n"),
        *walk};
  }

 private:
  void define(const Value* value, std::string_view code) {
    const std::string name = concat("v", names_.size());
    statements_ +=
        concat("  const ", *computed_type(value->type.dtype), ' ', name, " = ", code, ";\n");
    names_[value] = name;
  }

  bool add_inputs() {
    std::size_t repeated = 0;
    for (std::size_t i = 0; i < body_.inputs().size(); ++i) {
      const Value* input = body_.inputs()[i];
      const Shape shape = shape_of(input);
      std::string place = "i";
      if (num_elements(shape) == 1) {
        place = "0";
      } else if (num_elements(shape) != num_elements(extents_)) {
        if (repeated == strides_.size()) return false;
        place = concat("walk_to(walk, ", repeated, ", i)");
        strides_[repeated++] = broadcast_strides(shape, extents_);
      }
      define(input, concat("x", i, "[", place, "]"));
    }
    return true;
  }

  std::string signature() const {
    std::string text = "kernel void elementwise(";
    for (std::size_t i = 0; i < kMostElementwiseInputs; ++i) {
      const bool is_bool =
          i < body_.inputs().size() && body_.inputs()[i]->type.dtype == DType::kBool;
      text += concat("global const ", is_bool ? "uchar" : "float", "* x", i, ", ");
    }
    return concat(text, "global ", *computed_type(body_.outputs()[0]->type.dtype),
                  "* y, int count, Walk walk) {\n  const int i = get_global_id(0);\n"
                  "  if (i >= count) return;\n");
  }

  const Graph& body_;
  Shape extents_;
  std::array<Shape, Walk::kOperands> strides_;
  Names names_;
  std::string statements_;
};

class ElementwiseStep final : public Step {
 public:
  ElementwiseStep(const Node& node, Generated generated)
      : text_(concat(source_of("unary.cl"), generated.text)),
        walk_(generated.walk),
        count_(elements_of(node.output())) {}

  void record(Commands& commands, const Operands& operands) const override {
    std::array<Buffer, kMostElementwiseInputs> x;
    std::ranges::copy(operands.inputs, x.begin());
    commands.launch({"binary.cl", "elementwise", "-DT=float -DIS_FLOAT -DFUNCTIONS_ONLY", text_},
                    work_for(count_), x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7],
                    operands.outputs[0], count_, walk_);
  }
  /// An input of the output's size is not repeated.
  bool may_overwrite(std::size_t /*input*/) const override { return true; }

 private:
  std::string text_;
  Walk walk_;
  cl_int count_;
};

}  // namespace

std::unique_ptr<Step> lower_elementwise(const Node& node, Lowering&) {
  Graph body = node.body("body").clone();
  infer_types(body);
  auto generated = Generator(body).generate();
  if (!generated) return nullptr;
  return std::make_unique<ElementwiseStep>(node, std::move(*generated));
}

}  // namespace headway::opencl
