#include "fill.h"

#include <cmath>
#include <iterator>
#include <limits>

#include "tensor/dispatch.h"

namespace headway::differential {
namespace {

double special_number(Random& random) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kNumbers[] = {kInfinity, -kInfinity, NAN,  0.0, -0.0,  1e-40,
                                 1e-7,      60000.0,    -1e9, 1e9, -1e-3, 88.9};
  if (random.below(3) == 0) return kNumbers[random.below(std::size(kNumbers))];
  return double{random.normal()} * 3;
}

double random_number(Fill fill, Random& random) {
  switch (fill) {
    case Fill::kUnit:
      return random.uniform() * 1.9 - 0.95;
    case Fill::kPositive:
      return 0.25 + 4 * random.uniform();
    case Fill::kGrid:
      return std::floor(double{random.normal()} * 4) / 2;
    case Fill::kSpecial:
      return special_number(random);
    default:
      return double{random.normal()} * 1.5;
  }
}

template <typename T>
T random_integer(Fill fill, Random& random) {
  if (fill == Fill::kSpecial && random.below(2) == 0) return static_cast<T>(random.next());
  if (fill == Fill::kPositive) return static_cast<T>(1 + random.below(9));
  const std::int64_t low = std::is_signed_v<T> ? -8 : 0;
  return static_cast<T>(low + static_cast<std::int64_t>(random.below(17)));
}

template <typename T>
T random_element(Fill fill, Random& random) {
  if constexpr (std::is_same_v<T, bool>) {
    return random.below(2) == 0;
  } else if constexpr (std::is_integral_v<T>) {
    return random_integer<T>(fill, random);
  } else {
    return T(static_cast<float>(random_number(fill, random)));
  }
}

}  // namespace

Tensor random_tensor(DType dtype, const Shape& shape, Fill fill, Random& random) {
  if (is_narrow(dtype)) return random_tensor(DType::kFloat32, shape, fill, random).to(dtype);
  Tensor tensor = Tensor::allocate(dtype, shape);
  dispatch(dtype, [&]<typename T>(std::type_identity<T>) {
    for (T& element : tensor.values<T>()) element = random_element<T>(fill, random);
  });
  return tensor;
}

Tensor random_integers(DType dtype, const Shape& shape, std::int64_t low, std::int64_t high,
                       Random& random) {
  Tensor tensor = Tensor::allocate(DType::kInt64, shape);
  for (std::int64_t& element : tensor.values<std::int64_t>())
    element =
        low + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(high - low + 1)));
  return tensor.to(dtype);
}

}  // namespace headway::differential
