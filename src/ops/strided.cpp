#include "ops/strided.h"

#include <algorithm>

namespace headway {

template <std::size_t N>
void walk_rows(const Shape& shape, const std::array<Shape, N>& strides, RowVisitor<N> visit,
               void* context) {
  if (std::ranges::find(shape, 0) != shape.end()) return;
  const std::size_t outer_rank = shape.empty() ? 0 : shape.size() - 1;
  const std::int64_t count = shape.empty() ? 1 : shape.back();
  std::array<std::int64_t, N> offsets{}, steps{};
  if (!shape.empty()) {
    for (std::size_t k = 0; k < N; ++k) steps[k] = strides[k].back();
  }
  Shape position(outer_rank, 0);
  while (true) {
    visit(context, offsets, steps, count);
    std::size_t axis = outer_rank;
    while (true) {
      if (axis == 0) return;
      --axis;
      for (std::size_t k = 0; k < N; ++k) offsets[k] += strides[k][axis];
      if (++position[axis] < shape[axis]) break;
      for (std::size_t k = 0; k < N; ++k) offsets[k] -= strides[k][axis] * shape[axis];
      position[axis] = 0;
    }
  }
}

template void walk_rows<1>(const Shape&, const std::array<Shape, 1>&, RowVisitor<1>, void*);
template void walk_rows<2>(const Shape&, const std::array<Shape, 2>&, RowVisitor<2>, void*);
template void walk_rows<3>(const Shape&, const std::array<Shape, 3>&, RowVisitor<3>, void*);

}  // namespace headway
