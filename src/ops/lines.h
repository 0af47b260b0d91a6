#pragma once

#include "ops/rules.h"

namespace headway {

/// A tensor seen as lines along one axis.
struct Lines {
  std::int64_t outer, extent, inner;

  Lines(const Shape& shape, std::size_t axis)
      : outer(product(std::span(shape).first(axis))),
        extent(shape[axis]),
        inner(product(std::span(shape).subspan(axis + 1))) {}

  std::int64_t count() const { return outer * inner; }
  /// First element of a line if the axis had `length` elements; the next ones follow `inner` apart.
  std::int64_t first(std::int64_t line, std::int64_t length) const {
    return line / inner * length * inner + line % inner;
  }
};

}  // namespace headway
