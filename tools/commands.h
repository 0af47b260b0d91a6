#pragma once

#include <CLI/CLI.hpp>

namespace headway {

/// Each adds one subcommand to the program. When the user's choice has run, `status` is the
/// program's exit status; errors are thrown as Error.
void add_compile_command(CLI::App& app, int& status);
void add_conformance_command(CLI::App& app, int& status);
void add_convert_command(CLI::App& app, int& status);
void add_inspect_command(CLI::App& app, int& status);
void add_models_command(CLI::App& app, int& status);
void add_peak_command(CLI::App& app, int& status);
void add_profile_command(CLI::App& app, int& status);
void add_report_command(CLI::App& app, int& status);
void add_run_command(CLI::App& app, int& status);
void add_runtimes_command(CLI::App& app, int& status);

}  // namespace headway
