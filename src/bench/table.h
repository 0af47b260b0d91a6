#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headway::bench {

/// What running text is wrapped to.
inline constexpr std::size_t kTextWidth = 112;

/// Character cells that UTF-8 text takes on a terminal (no wide or combining characters).
std::size_t display_width(std::string_view text) noexcept;

/// `text` in pieces of at most `width` cells, broken at spaces.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

/// Title and content of the lines above the tables.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// "  title   content", the content wrapped under itself.
std::string lines_of(const Facts& facts);

/// A table of texts; the first column is aligned to the left, numbers to the right.
class Table {
 public:
  struct Column {
    std::string title;
    bool left = false;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// As many cells as columns. An emphasized row is bold where that is possible.
  void add(std::vector<std::string> cells, bool emphasized = false);

  /// Lines of text; with escape sequences for bold and dim if `color`.
  std::string to_text(bool color) const;

  std::string to_markdown() const;

 private:
  struct Row {
    std::vector<std::string> cells;
    bool emphasized = false;
  };

  std::vector<std::size_t> widths() const;
  std::string line(const std::vector<std::string>& cells,
                   const std::vector<std::size_t>& widths) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace headway::bench
