#include "bench/table.h"

#include <algorithm>

namespace headway::bench {
namespace {

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::string_view kGap = "  ";

std::string pad(std::string_view text, std::size_t width, bool left) {
  const std::string space(width - std::min(width, display_width(text)), ' ');
  return left ? std::string(text) + space : space + std::string(text);
}

std::string styled(std::string_view style, std::string text, bool color) {
  return color ? std::string(style) + text + std::string(kPlain) : text;
}

std::string escape_markdown(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

std::size_t display_width(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool fits =
        lines.back().empty() || display_width(lines.back()) + 1 + display_width(word) <= width;
    if (!fits) lines.emplace_back();
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
  }
  return lines;
}

std::string lines_of(const Facts& facts) {
  std::size_t widest = 0;
  for (const auto& [title, content] : facts) widest = std::max(widest, display_width(title));
  std::string text;
  for (const auto& [title, content] : facts) {
    std::string margin = "  " + title + std::string(widest - display_width(title) + 2, ' ');
    for (const std::string& line : wrap(content, kTextWidth - widest - 4)) {
      text += margin + line + '\n';
      margin.assign(widest + 4, ' ');
    }
  }
  return text;
}

void Table::add(std::vector<std::string> cells, bool emphasized) {
  rows_.push_back({std::move(cells), emphasized});
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    std::size_t width = display_width(columns_[column].title);
    for (const Row& row : rows_) width = std::max(width, display_width(row.cells[column]));
    widths.push_back(width);
  }
  return widths;
}

std::string Table::line(const std::vector<std::string>& cells,
                        const std::vector<std::size_t>& widths) const {
  std::string text;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    if (column > 0) text += kGap;
    text += pad(cells[column], widths[column], columns_[column].left);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string Table::to_text(bool color) const {
  const std::vector<std::size_t> sizes = widths();
  std::vector<std::string> titles;
  std::string rule;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    titles.push_back(columns_[column].title);
    if (column > 0) rule += "──";
    for (std::size_t cell = 0; cell < sizes[column]; ++cell) rule += "─";
  }
  std::string text = styled(kDim, line(titles, sizes), color) + '\n';
  text += styled(kDim, rule, color) + '\n';
  for (const Row& row : rows_) {
    text += styled(kBold, line(row.cells, sizes), color && row.emphasized) + '\n';
  }
  return text;
}

std::string Table::to_markdown() const {
  std::string text = "|";
  for (const Column& column : columns_) text += ' ' + escape_markdown(column.title) + " |";
  text += "\n|";
  for (const Column& column : columns_) text += column.left ? " :-- |" : " --: |";
  for (const Row& row : rows_) {
    text += "\n|";
    for (const std::string& cell : row.cells) {
      const std::string escaped = escape_markdown(cell);
      text += row.emphasized && !cell.empty() ? " **" + escaped + "** |" : ' ' + escaped + " |";
    }
  }
  return text + '\n';
}

}  // namespace headway::bench
