#pragma once

#include "formats/onnx/upgrade_context.h"

namespace headway::onnx {

// Operators that do something else while a network is trained.

/// In training mode it becomes what it computes; otherwise the outputs of training go.
void upgrade_batch_normalization(Context& context);

/// Opsets before 10, where the mask may have any dtype.
void upgrade_dropout(Context& context);
void upgrade_dropout_with_mask(Context& context);

}  // namespace headway::onnx
