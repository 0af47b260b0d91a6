#include "passes/pattern.h"

#include <algorithm>

namespace headway {
namespace {

/// Tensors in a mapped file need not be aligned to their elements.
template <typename T>
std::optional<std::vector<T>> elements(const Value* value) {
  if (value == nullptr || !value->is_constant()) return std::nullopt;
  const Tensor& tensor = value->constant();
  if (tensor.dtype() != kDTypeOf<T>) return std::nullopt;
  std::vector<T> result(static_cast<std::size_t>(tensor.size()));
  const auto* bytes = static_cast<const unsigned char*>(tensor.raw());
  std::copy_n(bytes, tensor.byte_size(), reinterpret_cast<unsigned char*>(result.data()));
  return result;
}

}  // namespace

Node* producer(const Value* value, std::string_view op_type, std::string_view domain) {
  if (value == nullptr || value->producer() == nullptr) return nullptr;
  return value->producer()->is(op_type, domain) ? value->producer() : nullptr;
}

bool is_private(const Graph& graph, const Value* value) {
  return value->users().size() == 1 && !graph.is_output(value);
}

Node* private_producer(const Graph& graph, const Value* value, std::string_view op_type,
                       std::string_view domain) {
  Node* node = producer(value, op_type, domain);
  return node != nullptr && is_private(graph, value) ? node : nullptr;
}

std::optional<std::vector<float>> float_constant(const Value* value) {
  return elements<float>(value);
}

std::optional<float> float_scalar(const Value* value) {
  if (value == nullptr || !value->is_constant() || value->constant().size() != 1) {
    return std::nullopt;
  }
  const auto found = elements<float>(value);
  return found ? std::optional(found->front()) : std::nullopt;
}

std::optional<std::vector<std::int64_t>> int_constant(const Value* value) {
  return elements<std::int64_t>(value);
}

std::optional<std::vector<float>> per_channel_constant(const Value* value, std::size_t rank,
                                                       std::int64_t channels) {
  if (value == nullptr || !value->is_constant()) return std::nullopt;
  const Shape& shape = value->constant().shape();
  if (shape.size() > rank || value->constant().size() > channels) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool on_channels = i + rank - shape.size() == 1;
    if (shape[i] != 1 && !(on_channels && shape[i] == channels)) return std::nullopt;
  }
  auto found = elements<float>(value);
  if (found && found->size() == 1)
    found->resize(static_cast<std::size_t>(channels), found->front());
  return found;
}

std::int64_t static_extent(const Value& value, std::size_t axis) {
  const auto& shape = value.type.shape;
  return shape && axis < shape->size() && (*shape)[axis].is_static() ? (*shape)[axis].extent() : -1;
}

bool same_type(const TensorType& a, const TensorType& b) {
  return a.dtype == b.dtype && a.shape && b.shape &&
         std::ranges::equal(*a.shape, *b.shape,
                            [](const Dim& x, const Dim& y) { return x.same_as(y); });
}

}  // namespace headway
