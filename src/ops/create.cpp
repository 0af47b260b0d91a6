#include "ops/elements.h"
#include "ops/families.h"
#include "ops/onnx_dtype.h"
#include "ops/rules.h"
#include "tensor/copy.h"

namespace headway {
namespace {

/// The elements of a Constant node, whichever of its attributes holds them.
Tensor constant_value(const Node& node) {
  if (node.attributes.size() != 1) {
    fail(ErrorCode::kInvalidModel, node.described(), ": a Constant needs exactly one value");
  }
  const Attribute& attribute = node.attributes.begin()->second;
  if (const auto* tensor = std::get_if<Tensor>(&attribute)) {
    if (tensor->defined()) return aligned(*tensor);
    fail(ErrorCode::kInvalidModel, node.described(), ": its value has no elements");
  }
  if (const auto* number = std::get_if<std::int64_t>(&attribute)) {
    return Tensor::from<std::int64_t>({}, {*number});
  }
  if (const auto* number = std::get_if<float>(&attribute))
    return Tensor::from<float>({}, {*number});
  if (const auto* list = std::get_if<std::vector<std::int64_t>>(&attribute)) {
    return Tensor::from<std::int64_t>({static_cast<std::int64_t>(list->size())}, *list);
  }
  const auto list = node.get_floats("value_floats", {});
  return Tensor::from<float>({static_cast<std::int64_t>(list.size())}, list);
}

void infer_constant(InferContext& context) {
  const Tensor value = constant_value(context.node());
  context.set_output(0, {value.dtype(), to_symbolic(value.shape())});
}

void run_constant(const Node& node, std::span<const Tensor>, std::span<Tensor> outputs) {
  copy_elements(constant_value(node), outputs[0]);
}

/// The one element of ConstantOfShape's attribute `value`; a float32 zero without it.
Tensor fill_value(const Node& node) {
  const auto found = node.attributes.find("value");
  if (found == node.attributes.end()) return Tensor::from<float>({}, {0.0f});
  const auto& tensor = std::get<Tensor>(found->second);
  if (!tensor.defined() || tensor.size() != 1) {
    fail(ErrorCode::kInvalidModel, node.described(), ": attribute 'value' must have one element");
  }
  return aligned(tensor);
}

void infer_constant_of_shape(InferContext& context) {
  require_dtype(context, 0, {DType::kInt64});
  require_rank(context, 0, 1);
  const DType dtype = fill_value(context.node()).dtype();
  if (context.constant_input(0).defined()) {
    const Shape shape = to_ints(context.constant_input(0));
    for (const std::int64_t extent : shape) {
      if (extent < 0) context.fail("the extent ", extent, " is negative");
    }
    return context.set_output(0, {dtype, to_symbolic(shape)});
  }
  context.set_output(0, {dtype, context.input_as_shape(0)});
}

void run_constant_of_shape(const Node& node, std::span<const Tensor>, std::span<Tensor> outputs) {
  const Tensor value = fill_value(node);
  dispatch_any(value.dtype(), [&]<typename T>(std::type_identity<T>) {
    std::fill_n(outputs[0].data<T>(), outputs[0].size(), *value.data<T>());
  });
}

/// The number of elements of a Range. Throws Error(kInvalidArgument) naming the node.
std::int64_t range_count(const Node& node, double start, double limit, double delta) {
  const double count = std::ceil((limit - start) / delta);
  if (!(std::abs(count) < 1e12)) {
    fail(ErrorCode::kInvalidArgument, node.described(), ": a range from ", start, " to ", limit,
         " in steps of ", delta, " is not finite");
  }
  return std::max<std::int64_t>(static_cast<std::int64_t>(count), 0);
}

void infer_range(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  require_same_dtypes(context);
  double operands[3];
  Dim count;
  bool known = true;
  for (std::size_t index = 0; index < 3; ++index) {
    const Tensor operand = context.constant_input(index);
    if (operand.defined() && operand.size() != 1) context.fail("input ", index, " is no scalar");
    known = known && operand.defined();
    operands[index] = scalar_or(operand, 0.0);
  }
  if (known) {
    count = Dim(range_count(context.node(), operands[0], operands[1], operands[2]));
  }
  context.set_output(0, {context.input(0).dtype, SymbolicShape{count}});
}

void run_range(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  dispatch_numbers(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    using Sum = Accumulated<T>;
    const auto start = static_cast<Sum>(load(*inputs[0].data<T>()));
    const auto delta = static_cast<Sum>(load(*inputs[2].data<T>()));
    T* y = outputs[0].data<T>();
    for (std::int64_t i = 0; i < outputs[0].size(); ++i) {
      y[i] = store<T>(start + static_cast<Sum>(i) * delta);
    }
  });
}

void infer_one_hot(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  require_dtype(context, 1, kNumberTypes);
  require_vector(context, 2, Dim(2));
  const TensorType& indices = context.input(0);
  const DType dtype = context.input(2).dtype;
  if (!indices.shape) return context.set_output(0, {dtype, std::nullopt});
  SymbolicShape shape = *indices.shape;
  const std::size_t axis =
      resolve_axis(context.node(), context.node().get_int("axis", -1), shape.size() + 1);
  const Tensor depth = context.constant_input(1);
  Dim extent;
  if (depth.defined()) {
    const double value = scalar_or(depth, -1.0);
    if (!(value >= 0 && value < 1e12)) context.fail("the depth ", value, " is impossible");
    extent = Dim(static_cast<std::int64_t>(value));
  }
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), extent);
  context.set_output(0, {dtype, std::move(shape)});
}

void run_one_hot(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::size_t axis = resolve_axis(node, node.get_int("axis", -1), outputs[0].rank());
  const std::int64_t depth = outputs[0].dim(axis);
  const std::int64_t inner = product(std::span(outputs[0].shape()).subspan(axis + 1));
  const std::vector<double> indices = to_doubles(inputs[0]);
  dispatch_size(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* values = static_cast<const T*>(inputs[2].raw());
    T* y = static_cast<T*>(outputs[0].raw());
    std::fill_n(y, outputs[0].size(), values[0]);
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const double limit = static_cast<double>(depth);
      if (!(indices[i] >= -limit && indices[i] < limit)) continue;
      const auto index = static_cast<std::int64_t>(std::trunc(indices[i]));
      const auto at = static_cast<std::int64_t>(i);
      y[(at / inner * depth + (index < 0 ? index + depth : index)) * inner + at % inner] =
          values[1];
    }
  });
}

void infer_eye_like(InferContext& context) {
  require_rank(context, 0, 2);
  const TensorType& x = context.input(0);
  const std::optional<DType> dtype =
      dtype_of_onnx_number(context.node().get_int("dtype", onnx_number_of(x.dtype)));
  if (!dtype) context.fail("attribute dtype is no data type that Headway has");
  context.set_output(0, {*dtype, x.shape});
}

void run_eye_like(const Node& node, std::span<const Tensor>, std::span<Tensor> outputs) {
  const std::int64_t k = node.get_int("k", 0);
  const std::int64_t rows = outputs[0].dim(0), columns = outputs[0].dim(1);
  dispatch(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    T* y = outputs[0].data<T>();
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t j = 0; j < columns; ++j) *y++ = store<T>(j - i == k ? 1 : 0);
    }
  });
}

}  // namespace

std::vector<Operator> create_operators() {
  return {
      {"Constant",
       "",
       13,
       0,
       0,
       1,
       1,
       {{"value", AttributeKind::kTensor},
        {"value_float", AttributeKind::kFloat},
        {"value_floats", AttributeKind::kFloats},
        {"value_int", AttributeKind::kInt},
        {"value_ints", AttributeKind::kInts}},
       infer_constant,
       run_constant},
      {"ConstantOfShape",
       "",
       9,
       1,
       1,
       1,
       1,
       {{"value", AttributeKind::kTensor}},
       infer_constant_of_shape,
       run_constant_of_shape},
      {"EyeLike",
       "",
       9,
       1,
       1,
       1,
       1,
       {{"dtype", AttributeKind::kInt}, {"k", AttributeKind::kInt}},
       infer_eye_like,
       run_eye_like},
      {"OneHot", "", 11, 3, 3, 1, 1, {{"axis", AttributeKind::kInt}}, infer_one_hot, run_one_hot},
      {"Range", "", 11, 3, 3, 1, 1, {}, infer_range, run_range},
  };
}

}  // namespace headway
