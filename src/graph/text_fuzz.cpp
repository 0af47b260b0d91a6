#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "graph/text.h"
#include "graph/verify.h"

using headway::ConstantText;
using headway::Graph;

// What parses must be sound, and its text must parse to the same text again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMaxGeneratedBytes = std::size_t{1} << 14;
  Graph graph;
  try {
    graph = headway::parse_graph({reinterpret_cast<const char*>(data), size}, "fuzz",
                                 kMaxGeneratedBytes);
  } catch (const headway::Error&) {
    return 0;
  }
  headway::verify(graph);
  const std::string text = headway::print_graph(graph, ConstantText::kFull);
  const Graph again = headway::parse_graph(text, "printed");
  if (headway::print_graph(again, ConstantText::kFull) != text) std::abort();
  return 0;
}
