#pragma once

#include <filesystem>

#include "headway/datum.h"

namespace headway::conformance {

/// Reads an input or output of a case: a file that holds one TensorProto, or, for another kind of
/// value, a SequenceProto or OptionalProto. Throws Error naming the file.
Datum read_value(const std::filesystem::path& file, Container container);

}  // namespace headway::conformance
