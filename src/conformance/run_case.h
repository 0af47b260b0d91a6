#pragma once

#include <string>

#include "conformance/cases.h"

namespace headway::conformance {

/// Loads the model of a case, runs all of its data sets through the public API and compares.
/// `reference`: on plain reference kernels. Returns "" if all is right, otherwise a sentence that
/// says what is not.
std::string run_case(const Case& test, bool reference);

}  // namespace headway::conformance
