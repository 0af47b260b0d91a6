#include "models/assign_weights.h"

#include <algorithm>
#include <array>
#include <map>
#include <regex>

#include "base/error.h"

namespace headway::models {
namespace {

/// What DataParallel, torch.compile and training frameworks put before every name.
constexpr std::array<std::string_view, 4> kPrefixes = {"module.", "_orig_mod.", "model.", "net."};
constexpr std::size_t kMostListed = 8;

bool is_parameter(const Value& constant) {
  return constant.name().front() != '/';  // Bounds of Clip are named after their node.
}

bool strip(NamedTensors& weights, std::string_view prefix) {
  const auto has_prefix = [&](const auto& named) { return named.first.starts_with(prefix); };
  if (weights.empty() || !std::ranges::all_of(weights, has_prefix)) return false;
  for (auto& [name, tensor] : weights) name.erase(0, prefix.size());
  return true;
}

void strip_wrappers(NamedTensors& weights) {
  while (std::ranges::any_of(kPrefixes, [&](auto prefix) { return strip(weights, prefix); })) {
  }
}

/// Torchvision's published weights of DenseNet are older than its module names: "norm.1.weight" is
/// "norm1.weight" today.
std::string modern_name(const std::string& name) {
  static const std::regex kOldName(R"((denselayer\d+\.(?:norm|relu|conv))\.(\d+\.))");
  return std::regex_replace(name, kOldName, "$1$2");
}

/// "3 are missing: a, b, c"; nothing for none.
std::string listing(const std::vector<std::string>& names, std::string_view what) {
  if (names.empty()) return "";
  std::string text = concat("; ", names.size(), " ", what, ": ");
  for (std::size_t i = 0; i < std::min(names.size(), kMostListed); ++i)
    text += concat(i == 0 ? "" : ", ", names[i]);
  return names.size() > kMostListed ? text + ", …" : text;
}

/// Parameters and the tensors that take their place.
using Pairs = std::vector<std::pair<Value*, Tensor>>;

Pairs matched(const Graph& graph, NamedTensors weights, std::string_view training_only) {
  strip_wrappers(weights);
  std::map<std::string, Tensor> by_name;
  for (auto& [name, tensor] : weights)
    if (!name.ends_with("num_batches_tracked") &&
        (training_only.empty() || !name.starts_with(training_only)))
      by_name[modern_name(name)] = std::move(tensor);

  Pairs pairs;
  std::vector<std::string> missing, misshaped, unexpected;
  for (Value* parameter : graph.constants()) {
    if (!is_parameter(*parameter)) continue;
    const auto found = by_name.find(parameter->name());
    if (found == by_name.end()) {
      missing.push_back(parameter->name());
      continue;
    }
    const Shape &wanted = parameter->constant().shape(), given = found->second.shape();
    if (wanted != given)
      misshaped.push_back(concat(parameter->name(), " (", to_string(given), " instead of ",
                                 to_string(wanted), ")"));
    pairs.emplace_back(parameter, std::move(found->second));
    by_name.erase(found);
  }
  for (const auto& [name, tensor] : by_name) unexpected.push_back(name);
  if (!missing.empty() || !misshaped.empty() || !unexpected.empty())
    fail(ErrorCode::kInvalidArgument, "the weights do not fit ", graph.name(),
         listing(missing, "missing"), listing(unexpected, "unexpected"),
         listing(misshaped, "of another shape"));
  return pairs;
}

void convert_types(const Graph& graph, Pairs& pairs, bool convert) {
  std::vector<std::string> others;
  for (auto& [parameter, tensor] : pairs) {
    const DType wanted = parameter->constant().dtype();
    if (tensor.dtype() == wanted) continue;
    if (!is_floating_point(tensor.dtype()))
      fail(ErrorCode::kInvalidArgument, "the weights do not fit ", graph.name(), ": ",
           parameter->name(), " is of ", name_of(tensor.dtype()), ", not ", name_of(wanted));
    others.push_back(concat(parameter->name(), " (", name_of(tensor.dtype()), ")"));
    if (convert) tensor = tensor.to(wanted);
  }
  if (!convert && !others.empty())
    fail(ErrorCode::kInvalidArgument, "the weights are not of ", graph.name(),
         "'s type float32, and are converted only on request (--convert-weights)",
         listing(others, "of another type"));
}

}  // namespace

Graph assign_weights(Graph graph, NamedTensors weights, bool convert,
                     std::string_view training_only) {
  Pairs pairs = matched(graph, std::move(weights), training_only);
  convert_types(graph, pairs, convert);
  std::vector<std::pair<Value*, std::string>> renamed;
  for (auto& [parameter, tensor] : pairs) {
    Value* value = graph.add_constant("", std::move(tensor));
    renamed.emplace_back(value, parameter->name());
    graph.replace_uses(parameter, value);
  }
  graph.erase_dead();
  for (const auto& [value, name] : renamed) graph.rename(value, name);
  return graph;
}

}  // namespace headway::models
