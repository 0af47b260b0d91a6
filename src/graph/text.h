#pragma once

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

/// Inverse of print_graph(kFull). Throws Error(kInvalidModel) with line and column.
/// `source` names the text in messages.
Graph parse_graph(std::string_view text, std::string_view source = "<text>");

}  // namespace headway
