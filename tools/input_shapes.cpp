#include "input_shapes.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "shape_option.h"

namespace headway {
namespace {

std::string extent_text(const ValueInfo& value, std::size_t axis) {
  if (value.shape[axis] >= 0) return std::to_string(value.shape[axis]);
  return value.symbols[axis].empty() ? "?" : value.symbols[axis];
}

/// The input that an option without a name is for: the first that no other option has named.
std::size_t next_unnamed(const std::vector<ValueInfo>& inputs, const std::vector<Shape>& shapes,
                         const ShapeOption& option) {
  const auto open = std::ranges::find_if(shapes, &Shape::empty);
  if (open == shapes.end())
    fail(ErrorCode::kInvalidArgument, "--shape ", to_string(option.shape),
         " is one too many: the model's inputs are ", names_of(inputs));
  return static_cast<std::size_t>(open - shapes.begin());
}

std::size_t named(const std::vector<ValueInfo>& inputs, const std::string& name) {
  const auto input = std::ranges::find(inputs, name, &ValueInfo::name);
  if (input == inputs.end())
    fail(ErrorCode::kInvalidArgument, "--shape: the model has no input '", name,
         "'; its inputs are ", names_of(inputs));
  return static_cast<std::size_t>(input - inputs.begin());
}

/// Extents that shapes already given decide, by symbol.
using Extents = std::map<std::string, std::int64_t>;

Extents known_extents(const std::vector<ValueInfo>& inputs, const std::vector<Shape>& shapes) {
  Extents known;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    for (std::size_t axis = 0; axis < std::min(shapes[i].size(), inputs[i].symbols.size()); ++axis)
      if (!inputs[i].symbols[axis].empty()) known.emplace(inputs[i].symbols[axis], shapes[i][axis]);
  return known;
}

Shape declared_shape(const ValueInfo& input, const Extents& known) {
  if (!input.has_rank && input.container == Container::kNone)
    fail(ErrorCode::kInvalidArgument, "input '", input.name, "' may have any rank: say how large ",
         "it is with --shape ", input.name, ":EXTENTxEXTENTx…");
  Shape shape = input.shape;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] >= 0) continue;
    const auto found = known.find(input.symbols[axis]);
    if (found != known.end()) {
      shape[axis] = found->second;
      continue;
    }
    if (axis > 0)
      fail(ErrorCode::kInvalidArgument, "input '", input.name, "' is ", described(input),
           ": say how large it is with --shape ", input.name, ":EXTENTxEXTENTx…");
    shape[axis] = 1;
  }
  return shape;
}

}  // namespace

std::string described(const ValueInfo& value) {
  std::string extents;
  for (std::size_t axis = 0; axis < value.shape.size(); ++axis) {
    if (axis > 0) extents += ',';
    extents += extent_text(value, axis);
  }
  if (!value.has_rank) extents = "...";
  std::string text = concat(name_of(value.dtype), "[", extents, "]");
  const bool is_sequence =
      value.container == Container::kSequence || value.container == Container::kOptionalSequence;
  if (is_sequence) text = concat("seq(", text, ")");
  const bool is_optional =
      value.container == Container::kOptional || value.container == Container::kOptionalSequence;
  return is_optional ? concat("optional(", text, ")") : text;
}

bool fits(const ValueInfo& value, const Shape& shape) {
  if (!value.has_rank) return true;
  return std::ranges::equal(value.shape, shape, [](std::int64_t declared, std::int64_t actual) {
    return declared < 0 || declared == actual;
  });
}

std::string names_of(const std::vector<ValueInfo>& values) {
  std::string names;
  for (const ValueInfo& value : values)
    names += concat(names.empty() ? "'" : ", '", value.name, "'");
  return names;
}

std::vector<Shape> resolve_input_shapes(const std::vector<ValueInfo>& inputs,
                                        const std::vector<std::string>& options) {
  std::vector<Shape> shapes(inputs.size());
  for (const bool with_name : {true, false}) {
    for (const std::string& text : options) {
      ShapeOption option = parse_shape_option(text);
      if (option.name.empty() == with_name) continue;
      const std::size_t index =
          with_name ? named(inputs, option.name) : next_unnamed(inputs, shapes, option);
      if (!fits(inputs[index], option.shape))
        fail(ErrorCode::kInvalidArgument, "--shape ", to_string(option.shape),
             " does not fit input '", inputs[index].name, "', which is ", described(inputs[index]));
      shapes[index] = std::move(option.shape);
    }
  }
  const Extents known = known_extents(inputs, shapes);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (shapes[i].empty()) shapes[i] = declared_shape(inputs[i], known);
  return shapes;
}

std::vector<Shape> shapes_at_batch(const std::vector<ValueInfo>& inputs,
                                   const std::vector<std::string>& options, std::int64_t batch) {
  std::vector<Shape> shapes = resolve_input_shapes(inputs, options);
  bool has_batch = false;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].shape.empty() || inputs[i].shape[0] >= 0) continue;
    has_batch = true;
    if (shapes[i][0] != 1 && shapes[i][0] != batch)
      fail(ErrorCode::kInvalidArgument, "--shape ", to_string(shapes[i]), " of input '",
           inputs[i].name, "' and --batch ", batch,
           " contradict each other; give the batch with --batch only");
    shapes[i][0] = batch;
  }
  const bool fixed_batch = !inputs.empty() && !shapes[0].empty() && shapes[0][0] == batch;
  if (!has_batch && batch != 1 && !fixed_batch)
    fail(ErrorCode::kInvalidArgument, "--batch ", batch,
         " does not fit the model, whose batch is fixed: input '",
         inputs.empty() ? "" : inputs[0].name, "' is ", inputs.empty() ? "" : described(inputs[0]));
  return shapes;
}

}  // namespace headway
