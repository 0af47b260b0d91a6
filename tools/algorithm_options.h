#pragma once

#include <CLI/CLI.hpp>

#include "headway/model.h"

namespace headway {

/// --tune and --winograd, for every command that compiles a model. `options` must live until the
/// command has been parsed.
void add_algorithm_options(CLI::App& command, CompileOptions& options);

}  // namespace headway
