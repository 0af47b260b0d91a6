#include "backends/cpu/integer.h"

#include <algorithm>

#include "base/error.h"

namespace headway::cpu {
namespace {

constexpr IntegerPlaces kInteger = {0, 2, 1, 3, false};
constexpr IntegerPlaces kQuantized = {0, 2, 3, 5, true, 1, 4, 6, 7, 8};

double number(const Value* value) {
  if (value == nullptr) return 0.0;
  return value->constant().clone().to(DType::kFloat64).values<double>()[0];
}

/// One element for each of `columns` in each group, which begins every `padded`.
template <typename T>
std::vector<T> in_panels(std::span<const T> elements, std::size_t columns, std::size_t padded,
                         std::size_t groups) {
  std::vector<T> result(padded * groups);
  for (std::size_t i = 0; i < columns * groups; ++i)
    result[i / columns * padded + i % columns] = elements[elements.size() == 1 ? 0 : i];
  return result;
}

}  // namespace

IntegerPlaces integer_places(const Node& node) {
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

bool is_one_or(const Value* value, std::int64_t count) {
  const std::int64_t elements = count_of(value);
  return elements <= 1 || (shape_of(value).size() == 1 && elements == count);
}

bool scales_fit(const Node& node, const IntegerPlaces& places, std::int64_t columns) {
  if (!places.quantized) return true;
  if (!is_bytes(node.output())) return false;
  for (const std::size_t place : {places.a_scale, places.b_scale, places.y_scale}) {
    if (!is_float(node.input(place)) || !node.input(place)->is_constant()) return false;
  }
  return count_of(node.input(places.a_scale)) == 1 && count_of(node.input(places.y_scale)) == 1 &&
         is_one_or(node.input(places.b_scale), columns) && is_known(node.input(places.y_zero)) &&
         count_of(node.input(places.y_zero)) <= 1;
}

std::string bytes_text(const Value* value) {
  if (value == nullptr) return "none";
  const Tensor tensor = value->constant().clone();
  const std::span bytes(static_cast<const std::uint8_t*>(tensor.raw()), tensor.byte_size());
  if (std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; })) return "none";
  std::string text;
  for (const std::uint8_t byte : bytes) text += concat(' ', static_cast<int>(byte));
  return text;
}

Requantization::Requantization(const Node& node, const IntegerPlaces& places,
                               const BytePanels& panels, std::int64_t groups)
    : to_(node.output()->type.dtype),
      padded_(static_cast<std::size_t>(panels.count() * panels.columns())) {
  if (!places.quantized) return;
  const auto columns = static_cast<std::size_t>(panels.n), all = static_cast<std::size_t>(groups);
  const double ratio = number(node.input(places.a_scale)) / number(node.input(places.y_scale));
  const Tensor scales = node.input(places.b_scale)->constant().clone();
  std::vector<double> factors;
  for (const float scale : scales.values<float>()) factors.push_back(scale * ratio);
  factors_ = in_panels<double>(factors, columns, padded_, all);
  zero_ = number(node.input(places.y_zero));
  if (const Value* bias = node.input(places.bias)) {
    const Tensor sums = bias->constant().clone();
    bias_ = in_panels<std::int32_t>(sums.values<std::int32_t>(), columns, padded_, all);
  }
}

ByteEpilogue Requantization::epilogue(std::int64_t group) const noexcept {
  const std::size_t first = static_cast<std::size_t>(group) * padded_;
  return {.to = to_,
          .bias = bias_.empty() ? nullptr : bias_.data() + first,
          .factor = factors_.data() + first,
          .zero = zero_};
}

}  // namespace headway::cpu
