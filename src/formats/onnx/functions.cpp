#include "formats/onnx/functions.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/error.h"

namespace headway::onnx {
namespace {

/// A function that calls another twice, which calls a third twice, …, would grow without end.
constexpr std::size_t kMaxInlined = std::size_t{1} << 22;
constexpr std::size_t kMaxDepth = 64;

/// Nodes and what they read and compute, those of bodies included.
std::size_t size_of(const std::vector<NodeProto>& nodes) {
  std::size_t size = 0;
  for (const NodeProto& node : nodes) {
    size += 1 + node.inputs.size() + node.outputs.size() + node.attributes.size();
    for (const AttributeProto& attribute : node.attributes)
      if (attribute.body) size += size_of(attribute.body->nodes);
  }
  return size;
}

using Renaming = std::unordered_map<std::string_view, std::string_view>;

class Inliner {
 public:
  Inliner(const ModelProto& model, std::deque<std::string>& names) : model_(model), names_(names) {}

  void expand(std::vector<NodeProto>& nodes) {
    std::vector<NodeProto> expanded;
    for (NodeProto& node : nodes) {
      for (AttributeProto& attribute : node.attributes)
        if (attribute.body) expand(attribute.body->nodes);
      const auto found = model_.functions.find({node.domain, node.op_type, node.overload});
      if (found == model_.functions.end()) {
        expanded.push_back(std::move(node));
      } else {
        std::vector<NodeProto> body = instance(*found, node);
        std::ranges::move(body, std::back_inserter(expanded));
      }
    }
    nodes = std::move(expanded);
  }

 private:
  std::vector<NodeProto> instance(const std::pair<const FunctionKey, FunctionProto>& entry,
                                  const NodeProto& call) {
    const auto& [key, function] = entry;
    if (!open_.insert(key).second) {
      fail(ErrorCode::kInvalidModel, "the function '", std::get<1>(key), "' calls itself");
    }
    if (call.inputs.size() > function.inputs.size() ||
        call.outputs.size() > function.outputs.size()) {
      fail(ErrorCode::kInvalidModel, call.described(), " has more inputs or outputs than the ",
           "function '", std::get<1>(key), "'");
    }
    if (open_.size() > kMaxDepth)
      fail(ErrorCode::kInvalidModel, "its functions are nested more than ", kMaxDepth, " deep");
    if ((inlined_ += size_of(function.nodes)) > kMaxInlined) {
      fail(ErrorCode::kInvalidModel, "its functions expand to more than ", kMaxInlined,
           " nodes and names");
    }
    prefix_ =
        concat(call.outputs.empty() ? call.op_type : call.outputs.front(), "/", ++calls_, "/");

    Renaming renaming = {{"", ""}};
    for (std::size_t i = 0; i < function.inputs.size(); ++i)
      renaming[function.inputs[i]] = i < call.inputs.size() ? call.inputs[i] : "";
    std::vector<NodeProto> nodes;
    for (std::size_t i = 0; i < function.outputs.size(); ++i) {
      const std::string_view target = i < call.outputs.size() ? call.outputs[i] : "";
      // An input that is handed through needs a node to get its other name.
      if (renaming.contains(function.outputs[i])) {
        if (target.empty()) continue;
        NodeProto copy;
        copy.op_type = "Identity";
        copy.inputs = {renaming[function.outputs[i]]};
        copy.outputs = {target};
        nodes.push_back(std::move(copy));
      } else if (!target.empty()) {
        renaming[function.outputs[i]] = target;
      }
    }
    for (const NodeProto& node : function.nodes) define(node, renaming);
    for (const NodeProto& node : function.nodes) {
      nodes.push_back(renamed(node, renaming, function, call));
    }
    expand(nodes);
    open_.erase(key);
    return nodes;
  }

  void define(const NodeProto& node, Renaming& renaming) {
    for (const std::string_view output : node.outputs)
      if (!renaming.contains(output))
        renaming[output] = names_.emplace_back(concat(prefix_, output));
  }

  static void rename(std::vector<std::string_view>& list, const Renaming& renaming) {
    for (std::string_view& name : list)
      if (const auto found = renaming.find(name); found != renaming.end()) name = found->second;
  }

  NodeProto renamed(const NodeProto& source, const Renaming& renaming,
                    const FunctionProto& function, const NodeProto& call) {
    NodeProto node = source;
    node.opset = function.opset;
    if (!node.name.empty()) node.name = names_.emplace_back(concat(prefix_, node.name));
    rename(node.inputs, renaming);
    rename(node.outputs, renaming);
    std::vector<AttributeProto> attributes;
    for (AttributeProto& attribute : node.attributes) {
      if (!attribute.reference.empty()) {
        const AttributeProto* argument = find(call.attributes, attribute.reference);
        if (argument == nullptr) argument = find(function.defaults, attribute.reference);
        if (argument == nullptr) continue;  // Not given: as if it were not there.
        AttributeProto resolved = *argument;
        resolved.name = attribute.name;
        attributes.push_back(std::move(resolved));
        continue;
      }
      if (attribute.body) attribute.body = renamed(*attribute.body, renaming, function, call);
      attributes.push_back(std::move(attribute));
    }
    node.attributes = std::move(attributes);
    return node;
  }

  /// What a graph defines itself gets a name of its own too: the caller may use the old one for
  /// something that the graph captures.
  std::shared_ptr<GraphProto> renamed(const GraphProto& source, const Renaming& outside,
                                      const FunctionProto& function, const NodeProto& call) {
    auto graph = std::make_shared<GraphProto>(source);
    Renaming renaming = outside;
    const auto define_here = [&](std::string_view name) {
      if (!name.empty()) renaming[name] = names_.emplace_back(concat(prefix_, name));
    };
    for (const ValueInfoProto& input : graph->inputs) define_here(input.name);
    for (const NodeProto& node : graph->nodes) std::ranges::for_each(node.outputs, define_here);
    for (NodeProto& node : graph->nodes) node = renamed(node, renaming, function, call);
    for (auto* infos : {&graph->inputs, &graph->outputs, &graph->value_infos}) {
      for (ValueInfoProto& info : *infos)
        if (const auto found = renaming.find(info.name); found != renaming.end())
          info.name = found->second;
    }
    return graph;
  }

  static const AttributeProto* find(const std::vector<AttributeProto>& attributes,
                                    std::string_view name) {
    const auto found = std::ranges::find(attributes, name, &AttributeProto::name);
    return found == attributes.end() ? nullptr : &*found;
  }

  const ModelProto& model_;
  std::deque<std::string>& names_;
  std::set<FunctionKey> open_;
  std::string prefix_;
  std::size_t inlined_ = 0, calls_ = 0;
};

}  // namespace

void inline_functions(ModelProto& model, std::deque<std::string>& names) {
  if (model.functions.empty() || !model.graph) return;
  Inliner(model, names).expand(model.graph->nodes);
}

}  // namespace headway::onnx
