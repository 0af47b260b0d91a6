#include "bench/inputs.h"

#include <algorithm>
#include <type_traits>

#include "bench/random.h"
#include "tensor/dispatch.h"

namespace headway::bench {
namespace {

template <typename T>
constexpr bool kIsFloating =
    std::is_floating_point_v<T> || std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>;

Tensor make_input(const InputSpec& spec, Random random) {
  if (spec.dtype == DType::kString) {
    fail(ErrorCode::kUnsupported, "input '", spec.name,
         "' takes strings, which cannot be made up; give the inputs");
  }
  if (is_narrow(spec.dtype)) {
    InputSpec wide = spec;
    wide.dtype = DType::kFloat32;
    return make_input(wide, random).to(spec.dtype);
  }
  Tensor tensor = Tensor::allocate(spec.dtype, spec.shape);
  const std::int64_t usual = spec.dtype == DType::kUInt8 ? 256 : 2;
  const auto upper = static_cast<std::size_t>(spec.upper > 0 ? spec.upper : usual);
  dispatch(spec.dtype, [&]<typename T>(std::type_identity<T>) {
    for (T& value : tensor.values<T>()) {
      if constexpr (kIsFloating<T>) {
        value = static_cast<T>(random.normal());
      } else {
        value = static_cast<T>(random.below(upper));
      }
    }
  });
  return tensor;
}

}  // namespace

std::vector<std::vector<NamedTensor>> make_inputs(const std::vector<InputSpec>& specs, int count,
                                                  std::uint64_t seed) {
  std::vector<std::vector<NamedTensor>> sets;
  for (int set = 0; set < count; ++set) {
    std::vector<NamedTensor> inputs;
    for (std::size_t index = 0; index < specs.size(); ++index) {
      const std::uint64_t own = sub_seed(sub_seed(seed, static_cast<std::uint64_t>(set)), index);
      inputs.push_back({specs[index].name, make_input(specs[index], Random(own))});
    }
    sets.push_back(std::move(inputs));
  }
  return sets;
}

}  // namespace headway::bench
