#pragma once

#include <cstdint>

#include "models/builder.h"

namespace headway::models {

/// x times a gate per channel, which two fully connected layers compute from the channels' means
/// (Hu et al. 2018); its modules are those of torchvision's SqueezeExcitation.
struct SqueezeExcitation {
  using Function = Value* (ModelBuilder::*)(std::string_view, Value*);

  std::int64_t channels;  ///< Between the two layers.
  Function activation, gate;

  Value* build(ModelBuilder& b, Value* x) const;
};

}  // namespace headway::models
