#pragma once

#include <CLI/CLI.hpp>

namespace headway {

/// Help texts that fit a terminal: descriptions are wrapped, and an option shows what it takes and
/// its default, not its limits.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(28); }

  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_subcommand(const CLI::App* command) const override;
};

}  // namespace headway
