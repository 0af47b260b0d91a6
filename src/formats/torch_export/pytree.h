#pragma once

#include <vector>

#include "formats/torch_export/json.h"
#include "formats/torchscript/reader/ivalue.h"

namespace headway::torch_export {

/// `leaves` in the lists, tuples and dicts that `specification` (a TreeSpec that PyTorch's pytree
/// has dumped as JSON) says they were taken from. Classes become dicts of their fields. A flat list
/// if it says nothing that is understood. `program` knows the fields of named tuples.
script::IValue unflattened(const Json& specification, std::vector<script::IValue> leaves,
                           const Json& program);

}  // namespace headway::torch_export
