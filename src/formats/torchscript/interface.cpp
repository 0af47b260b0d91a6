#include "formats/torchscript/interface.h"

#include "base/error.h"
#include "graph/text.h"

namespace headway::torchscript {
namespace {

constexpr std::string_view kInput = "input ", kOutput = "output ";

/// One line: the type, a space and the name for an input; the name for an output.
bool parse_line(std::string_view line, Interface& interface) {
  if (line.starts_with(kOutput)) {
    interface.outputs.emplace_back(line.substr(kOutput.size()));
    return true;
  }
  if (!line.starts_with(kInput)) return false;
  line.remove_prefix(kInput.size());
  const std::size_t end = line.find("] ");
  if (end == line.npos) return false;
  try {
    interface.inputs.emplace_back(line.substr(end + 2), parse_type(line.substr(0, end + 1)));
  } catch (const Error&) {
    return false;
  }
  return true;
}

void restore_name(Graph& graph, Value* value, const std::string& name) {
  if (!name.empty() && graph.find(name) == nullptr) graph.rename(value, name);
}

}  // namespace

std::string print_interface(const Graph& graph) {
  std::string text;
  for (const Value* input : graph.inputs())
    text += concat(kInput, input->type.to_string(), " ", input->name(), "\n");
  for (const Value* output : graph.outputs()) text += concat(kOutput, output->name(), "\n");
  return text;
}

std::optional<Interface> parse_interface(std::string_view text) {
  Interface interface;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!parse_line(text.substr(0, end), interface)) return std::nullopt;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return interface;
}

void restore_names(Graph& graph, const Interface& interface) {
  if (interface.inputs.size() == graph.inputs().size())
    for (std::size_t i = 0; i < interface.inputs.size(); ++i)
      restore_name(graph, graph.inputs()[i], interface.inputs[i].first);
  if (interface.outputs.size() == graph.outputs().size())
    for (std::size_t i = 0; i < interface.outputs.size(); ++i)
      restore_name(graph, graph.outputs()[i], interface.outputs[i]);
}

}  // namespace headway::torchscript
