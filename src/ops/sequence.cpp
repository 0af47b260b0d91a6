#include <algorithm>

#include "ops/body.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/onnx_dtype.h"
#include "ops/rules.h"
#include "ops/stack.h"

namespace headway {
namespace {

using Data = std::vector<Datum>;

const TensorType& sequence_input(const InferContext& context, std::size_t index) {
  const TensorType& type = context.input(index);
  if (type.container != Container::kSequence)
    context.fail("input ", index, " is ", type.to_string(), ", but must be a sequence");
  return type;
}

/// A position in [-size, size), or in [-size, size] for one behind the last.
std::size_t position_of(const Node& node, const Datum& datum, std::size_t size, bool may_be_end) {
  const std::vector<std::int64_t> values = to_ints(datum.tensor());
  const auto count = static_cast<std::int64_t>(size);
  const std::int64_t end = may_be_end ? count + 1 : count;
  if (values.size() != 1 || values[0] < -count || values[0] >= end) {
    fail(ErrorCode::kInvalidArgument, node.described(), ": the position ",
         values.size() == 1 ? values[0] : 0, " is not in a sequence of ", size, " tensors");
  }
  return static_cast<std::size_t>(values[0] < 0 ? values[0] + count : values[0]);
}

std::vector<Tensor> copy_of(const Datum& datum) {
  return {datum.elements().begin(), datum.elements().end()};
}

DType dtype_of(const Node& node) {
  const std::int64_t number = node.get_int("dtype", onnx_number_of(DType::kFloat32));
  const std::optional<DType> dtype = dtype_of_onnx_number(number);
  if (!dtype) {
    fail(ErrorCode::kUnsupported, node.described(), ": ONNX's data type number ", number,
         " is one that Headway does not have");
  }
  return *dtype;
}

void infer_empty(InferContext& context) {
  context.set_output(0, {dtype_of(context.node()), std::nullopt, Container::kSequence});
}

Data evaluate_empty(const Node& node, std::span<const Datum>, EvaluateContext&) {
  return {Datum::sequence(dtype_of(node), {})};
}

void infer_construct(InferContext& context) {
  TensorType type = context.input(0);
  for (std::size_t i = 1; i < context.input_count(); ++i)
    type = common_type(context.node(), type, context.input(i));
  if (!type.is_tensor()) context.fail("its inputs must be tensors");
  type.container = Container::kSequence;
  context.set_output(0, std::move(type));
}

Data evaluate_construct(const Node&, std::span<const Datum> inputs, EvaluateContext&) {
  std::vector<Tensor> elements;
  for (const Datum& input : inputs) elements.push_back(input.tensor());
  return {Datum::sequence(inputs[0].dtype(), std::move(elements))};
}

void infer_insert(InferContext& context) {
  TensorType element = context.input(1);
  element.container = Container::kSequence;
  const TensorType& sequence = sequence_input(context, 0);
  // An empty sequence says nothing about shapes.
  context.set_output(0, common_type(context.node(), sequence, element));
}

Data evaluate_insert(const Node& node, std::span<const Datum> inputs, EvaluateContext&) {
  std::vector<Tensor> elements = copy_of(inputs[0]);
  const std::size_t at = inputs.size() > 2 && !inputs[2].is_nothing()
                             ? position_of(node, inputs[2], elements.size(), true)
                             : elements.size();
  elements.insert(elements.begin() + static_cast<std::ptrdiff_t>(at), inputs[1].tensor());
  return {Datum::sequence(inputs[0].dtype(), std::move(elements))};
}

void infer_erase(InferContext& context) {
  context.set_output(0, sequence_input(context, 0));
}

Data evaluate_erase(const Node& node, std::span<const Datum> inputs, EvaluateContext&) {
  std::vector<Tensor> elements = copy_of(inputs[0]);
  const std::size_t end = elements.empty() ? 0 : elements.size() - 1;
  const std::size_t at = inputs.size() > 1 && !inputs[1].is_nothing()
                             ? position_of(node, inputs[1], elements.size(), false)
                             : end;
  if (elements.empty())
    fail(ErrorCode::kInvalidArgument, node.described(), ": the sequence is empty");
  elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(at));
  return {Datum::sequence(inputs[0].dtype(), std::move(elements))};
}

void infer_at(InferContext& context) {
  TensorType type = sequence_input(context, 0);
  type.container = Container::kNone;
  context.set_output(0, std::move(type));
}

Data evaluate_at(const Node& node, std::span<const Datum> inputs, EvaluateContext&) {
  const std::span<const Tensor> elements = inputs[0].elements();
  return {elements[position_of(node, inputs[1], elements.size(), false)]};
}

void infer_length(InferContext& context) {
  sequence_input(context, 0);
  context.set_output(0, {DType::kInt64, SymbolicShape{}});
}

Data evaluate_length(const Node&, std::span<const Datum> inputs, EvaluateContext&) {
  const auto length = static_cast<std::int64_t>(inputs[0].elements().size());
  return {Tensor::from<std::int64_t>({}, {length})};
}

/// The parts' lengths along the axis of SplitToSequence: ones without a split.
std::vector<std::int64_t> split_lengths(const Node& node, const Datum* split, std::int64_t extent) {
  if (split == nullptr) return std::vector<std::int64_t>(static_cast<std::size_t>(extent), 1);
  std::vector<std::int64_t> lengths = to_ints(split->tensor());
  if (split->tensor().rank() == 0) {
    const std::int64_t length = lengths[0];
    if (length <= 0)
      fail(ErrorCode::kInvalidArgument, node.described(), ": parts of ", length,
           " are not possible");
    lengths.assign(static_cast<std::size_t>(extent / length), length);
    if (extent % length != 0) lengths.push_back(extent % length);
  }
  std::int64_t total = 0;
  for (const std::int64_t length : lengths) {
    if (length < 0 || (total += length) > extent) {
      fail(ErrorCode::kInvalidArgument, node.described(), ": the parts do not fit the extent ",
           extent);
    }
  }
  if (total != extent)
    fail(ErrorCode::kInvalidArgument, node.described(), ": the parts do not add up to ", extent);
  return lengths;
}

bool keeps_axis(const Node& node) {
  return node.get_int("keepdims", 1) != 0 || node.input(1) != nullptr;
}

void infer_split(InferContext& context) {
  TensorType type = context.input(0);
  if (type.shape) {
    const std::size_t axis =
        resolve_axis(context.node(), context.node().get_int("axis", 0), type.shape->size());
    if (keeps_axis(context.node()))
      (*type.shape)[axis] = Dim();
    else
      type.shape->erase(type.shape->begin() + static_cast<std::ptrdiff_t>(axis));
  }
  type.container = Container::kSequence;
  context.set_output(0, std::move(type));
}

Data evaluate_split(const Node& node, std::span<const Datum> inputs, EvaluateContext&) {
  const Tensor& x = inputs[0].tensor();
  const std::size_t axis = resolve_axis(node, node.get_int("axis", 0), x.rank());
  const bool has_split = inputs.size() > 1 && !inputs[1].is_nothing();
  std::vector<Tensor> parts;
  std::int64_t first = 0;
  for (const std::int64_t length :
       split_lengths(node, has_split ? &inputs[1] : nullptr, x.dim(axis))) {
    parts.push_back(keeps_axis(node) ? part(x, axis, first, length) : element_at(x, axis, first));
    first += length;
  }
  return {Datum::sequence(x.dtype(), std::move(parts))};
}

void infer_concat(InferContext& context) {
  TensorType type = sequence_input(context, 0);
  type.container = Container::kNone;
  if (type.shape) {
    const bool is_new = context.node().get_int("new_axis", 0) != 0;
    const std::size_t rank = type.shape->size() + (is_new ? 1 : 0);
    const std::size_t axis = resolve_axis(context.node(), context.node().get_int("axis", 0), rank);
    if (is_new) type.shape->emplace(type.shape->begin() + static_cast<std::ptrdiff_t>(axis));
    (*type.shape)[axis] = Dim();
  }
  context.set_output(0, std::move(type));
}

Data evaluate_concat(const Node& node, std::span<const Datum> inputs, EvaluateContext& context) {
  const std::span<const Tensor> elements = inputs[0].elements();
  if (elements.empty())
    fail(ErrorCode::kInvalidArgument, node.described(), ": the sequence is empty");
  std::uint64_t bytes = 0;
  for (const Tensor& element : elements) bytes += element.byte_size();
  context.check_memory(node, bytes);
  const bool is_new = node.get_int("new_axis", 0) != 0;
  const std::size_t rank = elements[0].rank() + (is_new ? 1 : 0);
  const std::size_t axis = resolve_axis(node, node.get_int("axis", 0), rank);
  return {is_new ? stack(elements, axis) : concatenate(elements, axis)};
}

void infer_map(InferContext& context) {
  const Node& node = context.node();
  check_body(node, "body", node.inputs().size(), node.outputs().size());
  sequence_input(context, 0);
  std::vector<TensorType> inputs;
  for (std::size_t i = 0; i < node.inputs().size(); ++i) {
    inputs.push_back(context.input(i));
    const bool is_captured = i >= node.inputs().size() - node.captures();
    if (!is_captured) inputs.back().container = Container::kNone;
  }
  std::vector<TensorType> outputs = infer_body(node.body("body"), inputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    outputs[i].container = Container::kSequence;
    context.set_output(i, std::move(outputs[i]));
  }
}

Data evaluate_map(const Node& node, std::span<const Datum> inputs, EvaluateContext& context) {
  const std::size_t own = inputs.size() - node.captures();
  const std::size_t count = inputs[0].elements().size();
  std::vector<std::vector<Tensor>> collected(node.outputs().size());
  for (std::size_t element = 0; element < count; ++element) {
    Data operands(inputs.begin(), inputs.end());
    for (std::size_t i = 0; i < own; ++i) {
      if (!inputs[i].is_sequence()) continue;
      if (inputs[i].elements().size() != count) {
        fail(ErrorCode::kInvalidArgument, node.described(), ": one sequence has ", count,
             " tensors and another ", inputs[i].elements().size());
      }
      operands[i] = inputs[i].elements()[element];
    }
    const Data results = context.run(node.body("body"), operands);
    for (std::size_t i = 0; i < results.size(); ++i) collected[i].push_back(results[i].tensor());
  }
  Data outputs;
  for (std::size_t i = 0; i < collected.size(); ++i) {
    const DType dtype = collected[i].empty() ? node.output(i)->type.dtype : collected[i][0].dtype();
    outputs.push_back(Datum::sequence(dtype, std::move(collected[i])));
  }
  return outputs;
}

Operator sequence_operator(std::string_view name, int min_inputs, int max_inputs,
                           std::vector<AttributeSpec> attributes, void (*infer)(InferContext&),
                           Evaluate evaluate) {
  return {name,  "",      11,      min_inputs, max_inputs, 1, 1, std::move(attributes),
          infer, nullptr, evaluate};
}

}  // namespace

std::vector<Operator> sequence_operators() {
  const AttributeSpec axis{"axis", AttributeKind::kInt};
  const int any = Operator::kVariadic;
  std::vector<Operator> operators = {
      sequence_operator("ConcatFromSequence", 1, 1, {axis, {"new_axis", AttributeKind::kInt}},
                        infer_concat, evaluate_concat),
      sequence_operator("SequenceAt", 2, 2, {}, infer_at, evaluate_at),
      sequence_operator("SequenceConstruct", 1, any, {}, infer_construct, evaluate_construct),
      sequence_operator("SequenceEmpty", 0, 0, {{"dtype", AttributeKind::kInt}}, infer_empty,
                        evaluate_empty),
      sequence_operator("SequenceErase", 1, 2, {}, infer_erase, evaluate_erase),
      sequence_operator("SequenceInsert", 2, 3, {}, infer_insert, evaluate_insert),
      sequence_operator("SequenceLength", 1, 1, {}, infer_length, evaluate_length),
      sequence_operator("SequenceMap", 1, any,
                        {{"body", AttributeKind::kGraph, true}, {"captures", AttributeKind::kInt}},
                        infer_map, evaluate_map),
      sequence_operator("SplitToSequence", 1, 2, {axis, {"keepdims", AttributeKind::kInt}},
                        infer_split, evaluate_split),
  };
  for (Operator& op : operators) {
    if (op.name != "SequenceMap") continue;
    op.since_version = 17;
    op.max_outputs = any;
  }
  return operators;
}

}  // namespace headway
