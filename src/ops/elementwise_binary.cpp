#include "ops/families.h"
#include "ops/rules.h"
#include "ops/zip.h"

namespace headway {
namespace {

constexpr DTypes kEqualTypes = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16,
                                DType::kInt8,    DType::kUInt8,   DType::kInt16,   DType::kUInt16,
                                DType::kInt32,   DType::kUInt32,  DType::kInt64,   DType::kUInt64,
                                DType::kBool,    DType::kString};

template <DType dtype>
void infer_to(InferContext& context) {
  require_same_dtypes(context);
  context.set_output(0, {dtype, broadcast_inputs(context)});
}

// Integer arithmetic wraps around; in 64 unsigned bits that holds for every width.
std::uint64_t bits(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

constexpr auto add = [](auto a, auto b) {
  if constexpr (std::is_integral_v<decltype(a)>) {
    return static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b);
  } else {
    return a + b;
  }
};

constexpr auto subtract = [](auto a, auto b) {
  if constexpr (std::is_integral_v<decltype(a)>) {
    return static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
  } else {
    return a - b;
  }
};

constexpr auto multiply = [](auto a, auto b) {
  if constexpr (std::is_integral_v<decltype(a)>) {
    return static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b);
  } else {
    return a * b;
  }
};

[[noreturn]] void refuse_zero(const Node& node) {
  fail(ErrorCode::kInvalidArgument, node.described(), ": an integer is divided by zero");
}

template <auto function>
void run_arithmetic(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    zip<T, T, T>(inputs[0], inputs[1], outputs[0], function);
  });
}

void run_div(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    zip<T, T, T>(inputs[0], inputs[1], outputs[0], [&](auto a, auto b) {
      if constexpr (std::is_integral_v<T>) {
        if (b == 0) refuse_zero(node);
        if constexpr (std::is_signed_v<T>) {
          if (b == -1) return static_cast<T>(-bits(a));
        }
        return static_cast<T>(a / b);
      } else {
        return a / b;
      }
    });
  });
}

/// fmod 0: the result has the sign of the divisor; fmod 1: of the dividend, as in C.
void run_mod(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const bool as_c = node.get_int("fmod", 0) != 0;
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    zip<T, T, T>(inputs[0], inputs[1], outputs[0], [&](auto a, auto b) {
      if constexpr (std::is_integral_v<T>) {
        if (b == 0) refuse_zero(node);
        if constexpr (std::is_signed_v<T>) {
          if (b == -1) return T{0};
          const T rest = static_cast<T>(a % b);
          return !as_c && rest != 0 && (rest < 0) != (b < 0) ? static_cast<T>(rest + b) : rest;
        } else {
          return static_cast<T>(a % b);
        }
      } else {
        const double rest = std::fmod(a, b);
        return !as_c && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
      }
    });
  });
}

void infer_mod(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  require_same_dtypes(context);
  context.set_output(0, {context.input(0).dtype, broadcast_inputs(context)});
}

template <typename T>
T integer_power(T base, std::uint64_t exponent) {
  std::uint64_t result = 1, factor = static_cast<std::uint64_t>(base);
  for (; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result *= factor;
    factor *= factor;
  }
  return static_cast<T>(result);
}

/// An integer base with a negative exponent is rounded towards zero, as 1 / base^n would be.
template <typename T, typename E>
auto power(T base, E exponent) {
  if constexpr (std::is_integral_v<T> && std::is_integral_v<E>) {
    if (exponent >= 0) return integer_power(base, static_cast<std::uint64_t>(exponent));
    if (base == 1) return T{1};
    if constexpr (std::is_signed_v<T>) {
      if (base == -1) return static_cast<T>(exponent % 2 == 0 ? 1 : -1);
    }
    return T{0};
  } else {
    return std::pow(static_cast<double>(base), static_cast<double>(exponent));
  }
}

void infer_pow(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  require_dtype(context, 1, kNumberTypes);
  context.set_output(0, {context.input(0).dtype, broadcast_inputs(context)});
}

/// Exponents of any dtype widen without loss to one of three.
DType widest(DType dtype) {
  if (is_floating_point(dtype)) return DType::kFloat64;
  return dtype == DType::kUInt64 ? dtype : DType::kInt64;
}

template <typename E>
void raise(const Tensor& base, const Tensor& exponent, Tensor& output) {
  dispatch_numbers(base.dtype(), [&]<typename T>(std::type_identity<T>) {
    zip<T, E, T>(base, exponent, output, [](auto x, auto n) { return power(x, n); });
  });
}

void run_pow(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Tensor exponent = inputs[1].to(widest(inputs[1].dtype()));
  switch (exponent.dtype()) {
    case DType::kFloat64:
      return raise<double>(inputs[0], exponent, outputs[0]);
    case DType::kUInt64:
      return raise<std::uint64_t>(inputs[0], exponent, outputs[0]);
    default:
      return raise<std::int64_t>(inputs[0], exponent, outputs[0]);
  }
}

template <auto function>
void run_comparison(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  dispatch(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    zip<T, T, bool>(inputs[0], inputs[1], outputs[0], function);
  });
}

void run_equal(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  constexpr auto kEqual = [](const auto& a, const auto& b) { return a == b; };
  if (inputs[0].dtype() == DType::kString)
    return zip<std::string, std::string, bool>(inputs[0], inputs[1], outputs[0], kEqual);
  run_comparison<kEqual>(node, inputs, outputs);
}

template <auto function>
void run_logic(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  zip<bool, bool, bool>(inputs[0], inputs[1], outputs[0], function);
}

void infer_logic(InferContext& context) {
  require_dtype(context, 0, {DType::kBool});
  infer_to<DType::kBool>(context);
}

/// Extents computed from extents: only what keeps a symbol intact or is a number is known.
std::optional<Dim> combine(const Node& node, const Dim& a, const Dim& b) {
  if (a.is_static() && b.is_static()) {
    std::int64_t result = 0;
    bool overflow = false;
    if (node.is("Add")) overflow = __builtin_add_overflow(a.extent(), b.extent(), &result);
    if (node.is("Sub")) overflow = __builtin_sub_overflow(a.extent(), b.extent(), &result);
    if (node.is("Mul")) overflow = __builtin_mul_overflow(a.extent(), b.extent(), &result);
    if (node.is("Div")) {
      if (b.extent() == 0) return Dim();
      result = a.extent() / b.extent();
    }
    return overflow || result < 0 ? Dim() : Dim(result);
  }
  const bool additive = node.is("Add") || node.is("Sub");
  const Dim neutral(additive ? 0 : 1);
  if (b == neutral) return a;
  if (a == neutral && (node.is("Add") || node.is("Mul"))) return b;
  return Dim();
}

void infer_arithmetic(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  require_same_dtypes(context);
  context.set_output(0, {context.input(0).dtype, broadcast_inputs(context)});
  if (kFloatTypes.contains(context.input(0).dtype)) return;
  const std::optional<SymbolicShape> a = context.input_as_shape(0), b = context.input_as_shape(1);
  if (!a || !b || (a->size() != b->size() && a->size() != 1 && b->size() != 1)) return;
  SymbolicShape result;
  for (std::size_t i = 0; i < (a->size() == 1 ? b->size() : a->size()); ++i) {
    const std::optional<Dim> dim = combine(context.node(), a->size() == 1 ? (*a)[0] : (*a)[i],
                                           b->size() == 1 ? (*b)[0] : (*b)[i]);
    result.push_back(*dim);
  }
  context.set_output_as_shape(0, std::move(result));
}

void infer_comparison(InferContext& context) {
  require_dtype(context, 0, context.node().is("Equal") ? kEqualTypes : kNumberTypes);
  infer_to<DType::kBool>(context);
}

Operator binary(std::string_view name, int since, void (*infer)(InferContext&),
                ReferenceKernel kernel) {
  return {name, "", since, 2, 2, 1, 1, {}, infer, kernel};
}

}  // namespace

std::vector<Operator> elementwise_binary_operators() {
  return {
      binary("Add", 14, infer_arithmetic, run_arithmetic<add>),
      binary("And", 7, infer_logic, run_logic<[](bool a, bool b) { return a && b; }>),
      binary("Div", 14, infer_arithmetic, run_div),
      binary("Equal", 19, infer_comparison, run_equal),
      binary("Greater", 13, infer_comparison,
             run_comparison<[](auto a, auto b) { return (a > b); }>),
      binary("GreaterOrEqual", 16, infer_comparison,
             run_comparison<[](auto a, auto b) { return (a >= b); }>),
      binary("Less", 13, infer_comparison, run_comparison<[](auto a, auto b) { return a < b; }>),
      binary("LessOrEqual", 16, infer_comparison,
             run_comparison<[](auto a, auto b) { return a <= b; }>),
      {"Mod", "", 13, 2, 2, 1, 1, {{"fmod", AttributeKind::kInt}}, infer_mod, run_mod},
      binary("Mul", 14, infer_arithmetic, run_arithmetic<multiply>),
      binary("Or", 7, infer_logic, run_logic<[](bool a, bool b) { return a || b; }>),
      binary("Pow", 15, infer_pow, run_pow),
      binary("Sub", 14, infer_arithmetic, run_arithmetic<subtract>),
      binary("Xor", 7, infer_logic, run_logic<[](bool a, bool b) { return a != b; }>),
  };
}

}  // namespace headway
