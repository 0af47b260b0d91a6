#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace headway::tools {

/// Does the work of the chosen subcommand and returns the exit status (docs/exit-codes.md). Throws
/// headway::Error; main prints its sentence.
using Action = std::function<int()>;

/// Each declares one subcommand with its flags on `program`; when the user chooses it, `action`
/// is set.
void declare_bench(CLI::App& program, Action& action);
void declare_convert(CLI::App& program, Action& action);
void declare_inspect(CLI::App& program, Action& action);
void declare_models(CLI::App& program, Action& action);
void declare_run(CLI::App& program, Action& action);
void declare_runtimes(CLI::App& program, Action& action);

}  // namespace headway::tools
