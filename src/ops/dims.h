#pragma once

#include <span>

#include "graph/type.h"

namespace headway {

/// The product of extents as far as it is known: a number, or one symbol times 1.
Dim product_of(std::span<const Dim> dims);

/// product(numerator) / product(denominator), where equal symbols cancel: the extent that -1 stands
/// for in Reshape. Unknown if it cannot be told; nullopt if the division leaves a remainder or is
/// one by zero.
std::optional<Dim> quotient_of(std::span<const Dim> numerator, std::span<const Dim> denominator);

/// a + b as far as it is known.
Dim sum_of(const Dim& a, const Dim& b);

/// What is known of one extent from two descriptions of it; nullopt if they contradict each other.
std::optional<Dim> unify(const Dim& a, const Dim& b);

}  // namespace headway
