#include <cstring>

#include "base/narrow.h"
#include "ops/families.h"
#include "ops/onnx_dtype.h"
#include "ops/rules.h"
#include "ops/zip.h"

namespace headway {
namespace {

void infer_bitwise(InferContext& context) {
  require_dtype(context, 0, kIntegerTypes);
  require_same_dtypes(context);
  context.set_output(0, {context.input(0).dtype, broadcast_inputs(context)});
}

template <auto function>
void run_bitwise(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  dispatch_integers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    zip<T, T, T>(inputs[0], inputs[1], outputs[0], function);
  });
}

void infer_bitwise_not(InferContext& context) {
  require_dtype(context, 0, kIntegerTypes);
  same_as_input(context);
}

void run_bitwise_not(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  dispatch_integers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const std::span<const T> x = inputs[0].values<T>();
    T* y = outputs[0].data<T>();
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = static_cast<T>(~x[i]);
  });
}

bool shifts_left(const Node& node) {
  const std::string direction = node.get_string("direction", "");
  if (direction == "LEFT") return true;
  if (direction == "RIGHT") return false;
  fail(ErrorCode::kInvalidModel, node.described(), ": direction is '", direction,
       "' but must be LEFT or RIGHT");
}

void infer_bit_shift(InferContext& context) {
  shifts_left(context.node());
  infer_bitwise(context);
}

/// A shift by a negative amount, or by all bits, leaves only copies of the sign.
template <typename T>
T shifted(T x, T amount, bool left) {
  const auto distance = static_cast<std::uint64_t>(amount);
  if (distance >= 8 * sizeof(T)) return static_cast<T>(!left && x < 0 ? -1 : 0);
  return left ? static_cast<T>(static_cast<std::uint64_t>(x) << distance)
              : static_cast<T>(x >> distance);
}

void run_bit_shift(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const bool left = shifts_left(node);
  dispatch_integers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    zip<T, T, T>(inputs[0], inputs[1], outputs[0],
                 [=](T x, T amount) { return shifted(x, amount, left); });
  });
}

int bits_of(DType dtype) {
  return is_narrow(dtype) ? bits_of_narrow(dtype) : static_cast<int>(8 * size_of(dtype));
}

void infer_bit_cast(InferContext& context) {
  const std::int64_t number = context.node().get_int("to", 0);
  const std::optional<DType> to = dtype_of_onnx_number(number);
  if (!to) context.fail("attribute to is ", number, ", which is no known dtype");
  const TensorType& x = context.input(0);
  if (x.dtype == DType::kString || *to == DType::kString || bits_of(*to) != bits_of(x.dtype)) {
    context.fail("the bits of ", name_of(x.dtype), " cannot be seen as ", name_of(*to),
                 ": they are not as many");
  }
  context.set_output(0, {*to, x.shape});
}

/// Narrow integers are stored as bytes of the same value: their sign may have to be extended.
void run_bit_cast(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  if (inputs[0].size() == 0) return;
  std::memcpy(outputs[0].raw(), inputs[0].raw(), inputs[0].byte_size());
  const DType dtype = outputs[0].dtype();
  if (!is_narrow(dtype) || bits_of(dtype) == 8) return;
  const int mask = (1 << bits_of(dtype)) - 1;
  auto* y = static_cast<std::uint8_t*>(outputs[0].raw());
  for (std::int64_t i = 0; i < outputs[0].size(); ++i) {
    y[i] = is_narrow_integer(dtype) ? wrap_to_narrow(dtype, y[i])
                                    : static_cast<std::uint8_t>(y[i] & mask);
  }
}

Operator bitwise(std::string_view name, ReferenceKernel kernel) {
  return {name, "", 18, 2, 2, 1, 1, {}, infer_bitwise, kernel};
}

}  // namespace

std::vector<Operator> bitwise_operators() {
  return {
      {"BitCast",
       "",
       26,
       1,
       1,
       1,
       1,
       {{"to", AttributeKind::kInt, true}},
       infer_bit_cast,
       run_bit_cast},
      {"BitShift",
       "",
       28,
       2,
       2,
       1,
       1,
       {{"direction", AttributeKind::kString, true}},
       infer_bit_shift,
       run_bit_shift},
      bitwise("BitwiseAnd", run_bitwise<[](auto a, auto b) { return a & b; }>),
      {"BitwiseNot", "", 18, 1, 1, 1, 1, {}, infer_bitwise_not, run_bitwise_not},
      bitwise("BitwiseOr", run_bitwise<[](auto a, auto b) { return a | b; }>),
      bitwise("BitwiseXor", run_bitwise<[](auto a, auto b) { return a ^ b; }>),
  };
}

}  // namespace headway
