#pragma once

#include <CLI/CLI.hpp>

namespace headway {

/// Adds `headway bench MODEL`. When the command has run, `status` is the program's exit status;
/// errors that make a race impossible are thrown as Error.
void add_bench_command(CLI::App& app, int& status);

}  // namespace headway
