#include "models/squeeze_excitation.h"

namespace headway::models {

Value* SqueezeExcitation::build(ModelBuilder& b, Value* x) const {
  Value* y = b.global_average_pool("avgpool", x);
  // The little variance that averaging a whole map leaves is passed on as it is: blown up to 1, the
  // small errors of the expected means would grow block by block. The biases tell channels apart.
  ConvOptions squeeze = {.out_channels = channels, .bias = true, .bias_deviation = 0.5};
  squeeze.variance = b.variance(y);
  ConvOptions excite = squeeze;
  excite.out_channels = b.channels(x);
  y = (b.*activation)("activation", b.conv("fc1", y, squeeze));
  y = (b.*gate)("scale_activation", b.conv("fc2", y, excite));
  return b.multiply("Mul", x, y);
}

}  // namespace headway::models
