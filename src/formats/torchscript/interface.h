#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/graph.h"

namespace headway::torchscript {

/// What TorchScript's code does not say of a program: the types of its inputs, and what inputs and
/// outputs were called. Headway writes it beside the code; libtorch takes it for an extra file.
struct Interface {
  std::vector<std::pair<std::string, TensorType>> inputs;
  std::vector<std::string> outputs;
};

/// Of the archive's entry.
inline constexpr std::string_view kInterfaceRecord = "extra/headway.interface";

std::string print_interface(const Graph& graph);

/// nullopt if it is malformed.
std::optional<Interface> parse_interface(std::string_view text);

/// Gives inputs and outputs the names they had, where those are free.
void restore_names(Graph& graph, const Interface& interface);

}  // namespace headway::torchscript
