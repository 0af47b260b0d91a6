#pragma once

#include "kernels/isa/rows.h"
#include "kernels/pool/rows.h"

namespace headway {
namespace {

void pool_row(const PoolRow& row) noexcept {
  for (std::int64_t x = 0; x < row.columns; x += kWidth) {
    Vector total = load(row.rows[0] + x);
    for (int tap = 1; tap < row.taps; ++tap) {
      const Vector next = load(row.rows[tap] + x);
      total = row.maximum ? max(total, next) : total + next;
    }
    const int there = at_most_width(row.columns - x);
    if (!row.maximum) total *= load_partial(row.factors + x, there);
    store_partial(row.output + x, total, there);
  }
}

}  // namespace
}  // namespace headway
