#include <cmath>
#include <utility>

#include "ops/families.h"
#include "ops/ml/attributes.h"
#include "ops/rules.h"

namespace headway {
namespace {

/// A list of keys or values: one of several attributes, as a tensor.
Tensor list_of(const Node& node, const std::string& role) {
  if (const Tensor tensor = tensor_of(node, role + "_tensor"); tensor.defined()) return tensor;
  if (const auto strings = strings_of(node, role + "_strings"); !strings.empty())
    return Tensor::from<std::string>({static_cast<std::int64_t>(strings.size())}, strings);
  if (const auto integers = node.get_ints(role + "_int64s", {}); !integers.empty())
    return Tensor::from<std::int64_t>({static_cast<std::int64_t>(integers.size())}, integers);
  const auto floats = node.get_floats(role + "_floats", {});
  return Tensor::from<float>({static_cast<std::int64_t>(floats.size())}, floats);
}

/// Version 1 maps the strings of one list to their positions, and positions to strings.
Tensor legacy_list(const Node& node, bool strings) {
  const auto classes = strings_of(node, "classes_strings");
  const Shape shape = {static_cast<std::int64_t>(classes.size())};
  if (strings) return Tensor::from<std::string>(shape, classes);
  std::vector<std::int64_t> positions;
  while (positions.size() < classes.size())
    positions.push_back(static_cast<std::int64_t>(positions.size()));
  return Tensor::from<std::int64_t>(shape, positions);
}

struct Mapping {
  Tensor keys, values;
};

Mapping mapping_of(const Node& node, DType input) {
  if (node.is("CategoryMapper", kMlDomain)) {
    const auto integers = node.get_ints("cats_int64s", {});
    const auto strings = strings_of(node, "cats_strings");
    Mapping mapping = {
        Tensor::from<std::string>({static_cast<std::int64_t>(strings.size())}, strings),
        Tensor::from<std::int64_t>({static_cast<std::int64_t>(integers.size())}, integers)};
    if (input != DType::kString) std::swap(mapping.keys, mapping.values);
    return mapping;
  }
  if (!node.has("classes_strings")) return {list_of(node, "keys"), list_of(node, "values")};
  const bool strings = input == DType::kString;
  return {legacy_list(node, strings), legacy_list(node, !strings)};
}

Tensor default_of(const Node& node, DType dtype) {
  if (const Tensor tensor = tensor_of(node, "default_tensor"); tensor.defined()) return tensor;
  if (dtype == DType::kString)
    return Tensor::from<std::string>({1}, {node.get_string("default_string", "_Unused")});
  if (is_floating_point(dtype))
    return Tensor::from<float>({1}, {node.get_float("default_float", -0.0f)}).to(dtype);
  return Tensor::from<std::int64_t>({1}, {node.get_int("default_int64", -1)}).to(dtype);
}

void infer_label_encoder(InferContext& context) {
  const TensorType& x = context.input(0);
  const Mapping mapping = mapping_of(context.node(), x.dtype);
  if (mapping.keys.dtype() != x.dtype) {
    context.fail("its keys are ", name_of(mapping.keys.dtype()), " but its input is ",
                 name_of(x.dtype));
  }
  if (mapping.keys.size() != mapping.values.size())
    context.fail("it has ", mapping.keys.size(), " keys but ", mapping.values.size(), " values");
  const Tensor otherwise = default_of(context.node(), mapping.values.dtype());
  if (otherwise.size() == 0 || otherwise.dtype() != mapping.values.dtype())
    context.fail("default_tensor must hold one ", name_of(mapping.values.dtype()));
  context.set_output(0, {mapping.values.dtype(), x.shape});
}

template <typename T>
bool same(const T& a, const T& b) {
  if constexpr (kIsFloat<T>) {
    const double x = load(a), y = load(b);
    return x == y || (std::isnan(x) && std::isnan(y));
  } else {
    return a == b;
  }
}

template <typename T>
std::vector<std::size_t> places(const Tensor& x, const Tensor& keys) {
  std::vector<std::size_t> found;
  for (const T& element : x.values<T>()) {
    const auto all = keys.values<T>();
    std::size_t i = 0;
    while (i < all.size() && !same<T>(all[i], element)) ++i;
    found.push_back(i);
  }
  return found;
}

template <typename Function>
void dispatch_all(DType dtype, Function&& function) {
  if (dtype == DType::kString) return function(std::type_identity<std::string>{});
  dispatch(dtype, function);
}

void run_label_encoder(const Node& node, std::span<const Tensor> inputs,
                       std::span<Tensor> outputs) {
  const Mapping mapping = mapping_of(node, inputs[0].dtype());
  std::vector<std::size_t> found;
  dispatch_all(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    found = places<T>(inputs[0], mapping.keys);
  });
  const Tensor otherwise = default_of(node, outputs[0].dtype());
  dispatch_all(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const auto values = mapping.values.values<T>();
    T* y = outputs[0].data<T>();
    for (const std::size_t place : found)
      *y++ = place < values.size() ? values[place] : otherwise.data<T>()[0];
  });
}

}  // namespace

std::vector<Operator> ml_label_operators() {
  using enum AttributeKind;
  return {{"CategoryMapper",
           kMlDomain,
           1,
           1,
           1,
           1,
           1,
           {{"cats_int64s", kInts},
            {"cats_strings", kStrings},
            {"default_int64", kInt},
            {"default_string", kString}},
           infer_label_encoder,
           run_label_encoder},
          {"LabelEncoder",
           kMlDomain,
           4,
           1,
           1,
           1,
           1,
           {{"classes_strings", kStrings},
            {"default_float", kFloat},
            {"default_int64", kInt},
            {"default_string", kString},
            {"default_tensor", kTensor},
            {"keys_floats", kFloats},
            {"keys_int64s", kInts},
            {"keys_strings", kStrings},
            {"keys_tensor", kTensor},
            {"values_floats", kFloats},
            {"values_int64s", kInts},
            {"values_strings", kStrings},
            {"values_tensor", kTensor}},
           infer_label_encoder,
           run_label_encoder}};
}

}  // namespace headway
