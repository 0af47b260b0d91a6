#include "models/windows.h"

namespace headway::models {
namespace {

using Ints = std::vector<std::int64_t>;

Tensor to_tensor(Shape shape, const Ints& values) {
  return Tensor::from<std::int64_t>(std::move(shape), values);
}

Value* gather(ModelBuilder& b, std::string_view name, Value* x, Tensor positions,
              std::int64_t axis) {
  const auto scope = b.enter(name);
  return b.apply("Gather", "Gather", {x, b.constant("positions", std::move(positions))},
                 {{"axis", axis}});
}

}  // namespace

/// Window by window, the position of each token in the padded map.
Ints Windows::order() const {
  const std::int64_t side = per_side(), padded = padded_size();
  const auto place = [&](std::int64_t window, std::int64_t token) {
    const std::int64_t at = grid ? token * side + window : window * extent + token;
    return (at + shift) % padded;
  };
  Ints positions;
  for (std::int64_t window = 0; window < side * side; ++window)
    for (std::int64_t token = 0; token < extent * extent; ++token)
      positions.push_back(place(window / side, token / extent) * padded +
                          place(window % side, token % extent));
  return positions;
}

Value* Windows::cut(ModelBuilder& b, Value* x) const {
  const std::int64_t padded = padded_size(), missing = padded - size;
  if (missing > 0) {
    const std::int64_t channels = b.channels(x);
    x = b.reshape("Reshape", x, {0, size, size, channels});
    Value* pads = b.constant("Pad/pads", to_tensor({8}, {0, 0, 0, 0, 0, missing, missing, 0}));
    x = b.apply("Pad", "Pad", {x, pads});
    x = b.reshape("Reshape_1", x, {0, padded * padded, channels});
  }
  return gather(b, "cut", x, to_tensor({per_side() * per_side(), extent * extent}, order()), 1);
}

Value* Windows::join(ModelBuilder& b, Value* x) const {
  const std::int64_t padded = padded_size();
  x = b.reshape("Reshape_2", x, {0, padded * padded, b.channels(x)});
  const Ints from = order();
  Ints to(from.size()), positions;
  for (std::size_t i = 0; i < from.size(); ++i)
    to[static_cast<std::size_t>(from[i])] = static_cast<std::int64_t>(i);
  for (std::int64_t row = 0; row < size; ++row)
    for (std::int64_t column = 0; column < size; ++column)
      positions.push_back(to[static_cast<std::size_t>(row * padded + column)]);
  return gather(b, "join", x, to_tensor({size * size}, positions), 1);
}

Tensor Windows::mask() const {
  const std::int64_t padded = padded_size(), area = extent * extent;
  // Rows, and columns, are cut before the last window and where wrapping around begins.
  const auto region = [&](std::int64_t at) {
    return (at >= padded - extent) + (at >= padded - shift);
  };
  const auto label = [&](std::int64_t position) {
    const auto unshifted = [&](std::int64_t at) { return (at - shift + padded) % padded; };
    return 3 * region(unshifted(position / padded)) + region(unshifted(position % padded));
  };
  const Ints positions = order();
  Tensor mask = Tensor::zeros(DType::kFloat32, {per_side() * per_side(), 1, area, area});
  float* to = mask.data<float>();
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(positions.size()); ++i) {
    const std::int64_t first = i / area * area;
    for (std::int64_t j = first; j < first + area; ++j)
      *to++ = label(positions[static_cast<std::size_t>(i)]) ==
                      label(positions[static_cast<std::size_t>(j)])
                  ? 0.0f
                  : -100.0f;
  }
  return mask;
}

Ints relative_positions(std::int64_t extent) {
  const std::int64_t area = extent * extent;
  Ints positions;
  for (std::int64_t i = 0; i < area; ++i)
    for (std::int64_t j = 0; j < area; ++j)
      positions.push_back((i / extent - j / extent + extent - 1) * (2 * extent - 1) +
                          (i % extent - j % extent + extent - 1));
  return positions;
}

Value* relative_bias(ModelBuilder& b, Value* table, Value* index, std::int64_t extent,
                     std::int64_t heads) {
  const auto scope = b.enter("relative_position_bias");
  const std::int64_t area = extent * extent;
  Value* bias = b.apply("Gather", "Gather", {table, index}, {{"axis", std::int64_t{0}}});
  bias = b.reshape("Reshape", bias, {area, area, heads});
  return b.permute("Transpose", bias, {2, 0, 1});
}

}  // namespace headway::models
