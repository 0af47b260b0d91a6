#include "ops/elements.h"

namespace headway {
namespace {

template <typename To>
std::vector<To> converted(const Tensor& tensor) {
  std::vector<To> result(static_cast<std::size_t>(tensor.size()));
  dispatch(tensor.dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* elements = tensor.data<T>();
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<To>(load(elements[i]));
  });
  return result;
}

}  // namespace

std::vector<std::int64_t> to_ints(const Tensor& tensor) {
  if (is_floating_point(tensor.dtype()) || tensor.dtype() >= DType::kString) {
    fail(ErrorCode::kInvalidModel, "a ", name_of(tensor.dtype()),
         " tensor was given where integers are needed");
  }
  return converted<std::int64_t>(tensor);
}

std::vector<double> to_doubles(const Tensor& tensor) {
  return converted<double>(tensor);
}

double scalar_or(const Tensor& tensor, double otherwise) {
  if (!tensor.defined() || tensor.size() == 0) return otherwise;
  return to_doubles(tensor).front();
}

Tensor aligned(const Tensor& tensor) {
  if (!tensor.defined()) return tensor;
  const auto address = reinterpret_cast<std::uintptr_t>(tensor.raw());
  return address % size_of(tensor.dtype()) == 0 ? tensor : tensor.clone();
}

}  // namespace headway
