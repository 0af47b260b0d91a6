#pragma once

#include "formats/onnx/upgrade_context.h"

namespace headway::onnx {

/// The first opset that is written as the later ones are, but for what upgrade_operators mends.
inline constexpr std::int64_t kOldestUsual = 7;

/// Rewrites an operator of opset 1 to 6 as opset 7 would have it.
void upgrade_oldest(Context& context, std::int64_t opset);

}  // namespace headway::onnx
