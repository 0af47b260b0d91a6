#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace headway {

/// What --weights and --convert-weights say.
struct WeightsOption {
  std::string file;  ///< Empty: seeded weights.
  bool convert = false;
};

void add_weights_option(CLI::App& command, WeightsOption& option);

}  // namespace headway
