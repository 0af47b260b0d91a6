// operator_models FILE FOLDER [PART OF A NAME]...: writes every graph of a file of graphs in text
// form and a few forests, or those whose names have one of the parts in them, as
// FOLDER/<name>.onnx, and prints the paths.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headway/headway.h"

#include "forests.h"
#include "graph/text.h"
#include "ops/operator.h"

namespace headway {
namespace {

std::string read(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The text of each graph: it begins a line with "graph ".
std::vector<std::string_view> graphs_in(std::string_view text) {
  constexpr std::string_view kBegin = "\ngraph ";
  std::vector<std::string_view> graphs;
  for (auto begin = text.find(kBegin); begin != std::string_view::npos;) {
    const auto end = text.find(kBegin, begin + kBegin.size());
    graphs.push_back(text.substr(begin + 1, end - begin - 1));
    begin = end;
  }
  return graphs;
}

std::vector<Graph> all_graphs(const std::filesystem::path& file) {
  std::vector<Graph> graphs;
  const std::string text = read(file);
  for (const std::string_view graph : graphs_in(text))
    graphs.push_back(parse_graph(graph, file.string()));
  std::ranges::move(forests(), std::back_inserter(graphs));
  return graphs;
}

void write_models(const std::filesystem::path& file, const std::filesystem::path& folder,
                  std::span<const std::string_view> parts) {
  std::filesystem::create_directories(folder);
  for (Graph& graph : all_graphs(file)) {
    infer_types(graph);
    const Model model(std::move(graph));
    const auto is_part = [&](std::string_view part) {
      return model.name().find(part) != std::string::npos;
    };
    if (!parts.empty() && std::ranges::none_of(parts, is_part)) continue;
    const std::filesystem::path target = folder / (model.name() + ".onnx");
    model.save(target);
    std::cout << target.string() << '\n';
  }
}

}  // namespace
}  // namespace headway

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: operator_models FILE FOLDER [PART OF A NAME]...\n";
    return 2;
  }
  try {
    const std::vector<std::string_view> parts(argv + 3, argv + argc);
    headway::write_models(argv[1], argv[2], parts);
  } catch (const std::exception& error) {
    std::cerr << "operator_models: " << error.what() << '\n';
    return 1;
  }
}
