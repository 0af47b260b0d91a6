#pragma once

#include <cstdint>
#include <vector>

#include "models/builder.h"

namespace headway::models {

/// A square map of tokens cut into groups of `extent` x `extent`: neighbours, or (`grid`) tokens
/// that are as far apart as the map allows. Groups may begin `shift` rows and columns further down,
/// where they wrap around.
struct Windows {
  std::int64_t size;  ///< Of the map.
  std::int64_t extent;
  std::int64_t shift = 0;
  bool grid = false;

  std::int64_t padded_size() const { return (size + extent - 1) / extent * extent; }

  /// [N, size², C] to [N, windows, extent², C]; zeros at the right and at the bottom fill the last
  /// windows.
  Value* cut(ModelBuilder& b, Value* x) const;
  /// Back again, without what was filled up.
  Value* join(ModelBuilder& b, Value* x) const;
  /// What keeps tokens of a window apart that only wrapping around brought together:
  /// [windows, 1, extent², extent²] of 0 and -100 (Liu et al. 2021, figure 4).
  Tensor mask() const;

 private:
  std::int64_t per_side() const { return padded_size() / extent; }
  std::vector<std::int64_t> order() const;
};

/// For each pair of tokens of a window the row of a table of (2 extent - 1)² relative positions.
std::vector<std::int64_t> relative_positions(std::int64_t extent);

/// Of a table [(2 extent - 1)², heads] the bias of every pair: [heads, extent², extent²].
Value* relative_bias(ModelBuilder& b, Value* table, Value* index, std::int64_t extent,
                     std::int64_t heads);

}  // namespace headway::models
