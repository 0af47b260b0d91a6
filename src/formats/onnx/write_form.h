#pragma once

#include <cstdint>

#include "graph/graph.h"

namespace headway::onnx {

/// A graph as it is written: all nodes in the encoding of one opset.
struct WriteForm {
  Graph graph;
  std::int64_t opset = 17;
};

/// Opset 17, or the newest that any operator of the graph needs.
WriteForm write_form(const Graph& graph);

}  // namespace headway::onnx
