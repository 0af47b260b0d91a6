#pragma once

#include "case.h"

namespace headway::differential {

/// How far sound implementations of an operator may be from each other.
struct Errors {
  double units =
      8;  ///< Relative, in units in the last place of the type, for what it reads and writes.
  double absolute = 0;    ///< Of what it writes.
  double of_largest = 0;  ///< Of what it writes, in units in the last place of the largest element.

  double of_read = 0;  ///< Of what it writes, in units of the largest element that it reads.
  double whole = 0;    ///< Of what it writes, if these are whole numbers.

  bool none() const noexcept {
    return units == 0 && absolute == 0 && of_largest == 0 && of_read == 0;
  }
};

/// Of one node by itself.
Errors errors_of(const CaseNode& node);

/// Whether the node rounds once, as the standard of floating-point numbers prescribes.
bool rounds_once(const CaseNode& node);

/// Whether the node's outputs say which of several numbers is the largest, or the like.
bool decides(const CaseNode& node);

/// Half a unit in the last place of 1.
double unit_of(DType dtype);

}  // namespace headway::differential
