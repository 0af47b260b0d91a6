#pragma once

#include "kernels/peak/isa/chains.h"

namespace headway {
namespace {

double multiply_add(std::int64_t rounds, float a, float b) noexcept {
  const Vector factor = splat(a), addend = splat(b);
  return run_chains<Vector>(rounds, [&](Vector x) { return x * factor + addend; });
}

}  // namespace
}  // namespace headway
