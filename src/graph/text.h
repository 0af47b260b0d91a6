#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "graph/graph.h"

namespace headway {

/// How constants are printed.
enum class ConstantText {
  kFull,    ///< Every element, exactly: parse_graph(print_graph(g)) equals g.
  kElided,  ///< "..." for more than 16 elements: for reading by people; does not parse.
  kStored,  ///< "stored(N)" for constant N of Graph::constants(): its elements are kept elsewhere.
};

/// The text form of a graph (grammar: docs/text-form.md).
std::string print_graph(const Graph& graph, ConstantText constants = ConstantText::kElided);

/// Most bytes that the constants of one text may take by splat() and random().
inline constexpr std::size_t kMaxGeneratedBytes = std::size_t{1} << 28;

/// Finds the elements of a constant written "stored(number)"; they must have that dtype and shape.
/// May throw Error.
using StoredElements = std::function<Tensor(std::uint64_t number, DType dtype, const Shape& shape)>;

/// Inverse of print_graph(kFull) and, given `stored`, of print_graph(kStored). Throws
/// Error(kInvalidModel) with line and column. `source` names the text in messages.
Graph parse_graph(std::string_view text, std::string_view source = "<text>",
                  std::size_t max_generated_bytes = kMaxGeneratedBytes,
                  const StoredElements& stored = {});

/// Inverse of TensorType::to_string. Throws Error(kInvalidModel).
TensorType parse_type(std::string_view text);

}  // namespace headway
