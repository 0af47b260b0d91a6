#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "graph/graph.h"

namespace headway {

/// How large constants are printed. Small ones (at most 16 elements) are always written out.
enum class ConstantText {
  kFull,    ///< Every element, exactly: parse_graph(print_graph(g)) equals g.
  kElided,  ///< dtype, shape and "..." only: for reading by people; does not parse.
};

/// The text form of a graph (grammar: docs/text-form.md).
std::string print_graph(const Graph& graph, ConstantText constants = ConstantText::kElided);

/// Most bytes that the constants of one text may take by splat() and random().
inline constexpr std::size_t kMaxGeneratedBytes = std::size_t{1} << 28;

/// Inverse of print_graph(kFull). Throws Error(kInvalidModel) with line and column.
/// `source` names the text in messages.
Graph parse_graph(std::string_view text, std::string_view source = "<text>",
                  std::size_t max_generated_bytes = kMaxGeneratedBytes);

}  // namespace headway
