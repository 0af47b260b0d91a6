#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "headway/model.h"

namespace headway {

/// The shape of every input of a model: as the --shape options say ("1x3x224x224" for the only or
/// next input, "name:1x3x224x224"), else as the model declares it. A leading extent that is left
/// open (the batch) becomes 1. Throws Error(kInvalidArgument) for an unknown name, a contradiction,
/// or another extent left open.
std::vector<Shape> resolve_input_shapes(const std::vector<ValueInfo>& inputs,
                                        const std::vector<std::string>& options);

/// The same with this batch as the leading extent wherever the model leaves that open. Throws
/// Error(kInvalidArgument) if shapes or model contradict the batch.
std::vector<Shape> shapes_at_batch(const std::vector<ValueInfo>& inputs,
                                   const std::vector<std::string>& options, std::int64_t batch);

/// "float32[N,3,224,224]".
std::string described(const ValueInfo& value);

/// Whether the extents that the value declares are those of the shape.
bool fits(const ValueInfo& value, const Shape& shape);

/// "a, b, c", for messages.
std::string names_of(const std::vector<ValueInfo>& values);

}  // namespace headway
