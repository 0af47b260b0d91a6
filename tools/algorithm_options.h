#pragma once

#include <CLI/CLI.hpp>

#include "headway/model.h"

namespace headway {

// For commands that compile a model; `options` must live until the command has been parsed.

/// --tune and --winograd.
void add_algorithm_options(CLI::App& command, CompileOptions& options);

/// --device and --allow-fallback.
void add_device_options(CLI::App& command, CompileOptions& options);

/// Accepts what CompileOptions::device may be.
CLI::Validator is_device();

}  // namespace headway
