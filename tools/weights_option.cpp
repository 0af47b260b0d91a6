#include "weights_option.h"

namespace headway {

void add_weights_option(CLI::App& command, WeightsOption& option) {
  CLI::Option* file = command
                          .add_option("--weights", option.file,
                                      "Weights for a built-in architecture: a state dict or "
                                      "checkpoint (.pth, .pt) or .safetensors")
                          ->type_name("FILE");
  command
      .add_flag("--convert-weights", option.convert,
                "Convert weights that are float16, bfloat16 or float64 to the model's float32")
      ->needs(file);
}

}  // namespace headway
