#include "help.h"

#include <algorithm>
#include <sstream>

#include "bench/table.h"

namespace headway {
namespace {

constexpr std::size_t kLineWidth = 100;

std::string wrapped(const std::string& text, std::size_t indent) {
  std::string lines;
  for (const std::string& line : bench::wrap(text, kLineWidth - indent))
    lines += (lines.empty() ? "" : "\n") + line;
  return lines;
}

}  // namespace

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  if (option->get_type_size() == 0) return "";
  std::string type = option->get_type_name();
  type.resize(std::min(type.find(':'), type.size()));  // limits follow the colon
  std::string text = type.empty() ? "" : " " + type;
  std::string standard = option->get_default_str();
  if (standard.starts_with('[')) standard = standard.substr(1, standard.size() - 2);  // of a list
  return standard.empty() ? text : text + " (" + standard + ")";
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  return wrapped(option->get_description(), column_width_);
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  std::ostringstream text;
  CLI::detail::format_help(text, command->get_name(),
                           wrapped(command->get_description(), column_width_), column_width_);
  return text.str();
}

}  // namespace headway
