#include "formats/onnx/read.h"

#include <algorithm>
#include <deque>
#include <unordered_map>

#include <protozero/exception.hpp>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/strings.h"
#include "formats/format.h"
#include "formats/onnx/functions.h"
#include "formats/onnx/proto.h"
#include "formats/onnx/schema.h"
#include "formats/onnx/scope.h"
#include "formats/onnx/upgrade.h"
#include "ops/fused.h"
#include "ops/onnx_dtype.h"
#include "ops/operator.h"

namespace headway {
namespace {

using namespace onnx;

std::int64_t default_opset(const ModelProto& model) {
  std::int64_t version = 1;  // What a model that imports nothing means (IR version 2 and older).
  for (const auto& [domain, imported] : model.opsets)
    if (domain.empty()) version = imported;
  if (version < 1) {
    fail(ErrorCode::kInvalidModel, "it imports opset ", version,
         " of ONNX, but opsets begin with 1; export it again");
  }
  return version;
}

/// A value of the graph around a body, under the name by which the body knows it.
struct Captured {
  std::string_view name;
  Value* value;
};

/// Turns a parsed graph into a Graph. Used once.
class GraphBuilder {
 public:
  GraphBuilder(const ModelProto& model, const GraphProto& source, TensorReader& tensors)
      : model_(model), source_(source), tensors_(tensors) {}

  /// `captured`: what a body finds around it. Constants are shared, the others become its last
  /// inputs.
  Graph build(std::span<const Captured> captured = {}) &&;

 private:
  void declare(std::string_view name, Value* value);
  void add_initializers();
  void add_inputs();
  void add_captured(std::span<const Captured> captured);
  void add_nodes();
  void add_node(const NodeProto& proto);
  void add_constant_node(const NodeProto& proto, const Attributes& attributes);
  void connect();
  void connect_bodies(Node& node, const NodeProto& proto);
  Value* find_input(const NodeProto& proto, std::string_view name) const;
  void add_value_types();
  void add_outputs();
  void check_supported(const NodeProto& proto) const;
  std::int64_t opset_of(const NodeProto& proto) const {
    return proto.opset == 0 ? default_opset(model_) : proto.opset;
  }
  Attributes attributes_of(const NodeProto& proto);
  Value* find(std::string_view name) const;

  const ModelProto& model_;
  const GraphProto& source_;
  TensorReader& tensors_;
  Graph graph_;
  std::unordered_map<std::string_view, Value*> values_;
  std::vector<std::pair<Node*, const NodeProto*>> nodes_;
};

Graph GraphBuilder::build(std::span<const Captured> captured) && {
  if (source_.has_sparse_initializer)
    fail(ErrorCode::kUnsupported, "it has a sparse initializer; store it as a dense one");
  if (!source_.name.empty()) graph_.set_name(std::string(source_.name));
  add_initializers();
  add_inputs();
  add_captured(captured);
  add_nodes();
  connect();
  add_value_types();
  add_outputs();
  graph_.sort();
  std::unordered_map<const Node*, std::int64_t> others;
  for (const auto& [node, proto] : nodes_)
    if (proto->opset != 0) others[node] = proto->opset;
  upgrade_operators(graph_, default_opset(model_), others);
  return std::move(graph_);
}

Value* GraphBuilder::find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : found->second;
}

void GraphBuilder::declare(std::string_view name, Value* value) {
  if (!values_.emplace(name, value).second)
    fail(ErrorCode::kInvalidModel, "the name '", printable(name), "' is given to two values");
}

void GraphBuilder::add_initializers() {
  for (const auto& message : source_.initializers) {
    auto [name, tensor] = tensors_.read(message);
    if (name.empty()) fail(ErrorCode::kInvalidModel, "an initializer has no name");
    if (find(name) != nullptr)
      fail(ErrorCode::kInvalidModel, "the name '", printable(name),
           "' is given to two initializers");
    Value* value = graph_.add_constant(std::move(name), std::move(tensor));
    declare(value->name(), value);
  }
}

void GraphBuilder::add_inputs() {
  for (const ValueInfoProto& info : source_.inputs) {
    // Models of IR version 3 and older list every initializer among the inputs too.
    if (const Value* value = find(info.name); value != nullptr && value->is_constant()) continue;
    if (info.name.empty()) fail(ErrorCode::kInvalidModel, "a graph input has no name");
    // The inputs of a body need no type.
    const bool is_typed =
        info.element_code || !info.unsupported.empty() || &source_ == &*model_.graph;
    declare(info.name, graph_.add_input(std::string(info.name),
                                        is_typed ? type_of(info, "graph input") : TensorType()));
  }
}

void GraphBuilder::add_captured(std::span<const Captured> captured) {
  for (const auto& [name, value] : captured) {
    if (find(name) != nullptr) continue;  // Another body of the node takes it from outside.
    declare(name, value->is_constant() ? graph_.add_constant(std::string(name), value->constant())
                                       : graph_.add_input(std::string(name), value->type));
  }
}

void GraphBuilder::check_supported(const NodeProto& proto) const {
  if (proto.op_type.empty())
    fail(ErrorCode::kInvalidModel, proto.described(), " names no operator");
  if (proto.domain == "headway") {
    fail(ErrorCode::kUnsupported, proto.described(),
         " is in the domain 'headway', which is reserved for Headway's own use");
  }
  const std::int64_t opset = opset_of(proto);
  if (proto.domain.empty() && opset > kNewestOpset && proto.op_type != "Constant" &&
      find_operator(proto.op_type) == nullptr) {
    fail(ErrorCode::kUnsupported, proto.described(), ": this operator is not known in opset ",
         opset, "; export the model with opset ", kNewestOpset, " or older");
  }
}

Attributes GraphBuilder::attributes_of(const NodeProto& proto) {
  Attributes attributes;
  try {
    for (const AttributeProto& source : proto.attributes) {
      if (source.body) continue;  // Built once the names around it are known.
      if (!source.reference.empty()) {
        fail(ErrorCode::kInvalidModel, "attribute '", source.name,
             "' refers to an argument of a function, outside of one");
      }
      if (source.name == "captures") {
        fail(ErrorCode::kInvalidModel,
             "attribute 'captures' is reserved for Headway's own use: it "
             "says how many inputs bodies find around them");
      }
      Attribute attribute = parse_attribute(source.bytes, tensors_).second;
      if (!attributes.emplace(source.name, std::move(attribute)).second)
        fail(ErrorCode::kInvalidModel, "attribute '", source.name, "' is given twice");
    }
  } catch (const Error& error) {
    fail(error.code(), proto.described(), ": ", error.what());
  }
  return attributes;
}

void GraphBuilder::add_constant_node(const NodeProto& proto, const Attributes& attributes) {
  if (attributes.size() != 1 || proto.outputs.size() != 1)
    fail(ErrorCode::kInvalidModel, proto.described(), " needs one value and one output");
  const auto& [kind, attribute] = *attributes.begin();
  Tensor tensor;
  if (const auto* value = std::get_if<Tensor>(&attribute)) {
    tensor = *value;
  } else if (const auto* real = std::get_if<float>(&attribute)) {
    tensor = Tensor::from<float>({}, {*real});
  } else if (const auto* integer = std::get_if<std::int64_t>(&attribute)) {
    tensor = Tensor::from<std::int64_t>({}, {*integer});
  } else if (const auto* reals = std::get_if<std::vector<float>>(&attribute)) {
    tensor = Tensor::from<float>({static_cast<std::int64_t>(reals->size())}, *reals);
  } else if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&attribute)) {
    tensor = Tensor::from<std::int64_t>({static_cast<std::int64_t>(integers->size())}, *integers);
  } else if (const auto* text = std::get_if<std::string>(&attribute)) {
    tensor = Tensor::from<std::string>({}, {*text});
  } else if (const auto* texts = std::get_if<std::vector<std::string>>(&attribute)) {
    tensor = Tensor::from<std::string>({static_cast<std::int64_t>(texts->size())}, *texts);
  } else {
    fail(ErrorCode::kUnsupported, proto.described(), ": constants of the kind '", kind,
         "' are not supported");
  }
  const std::string_view name = proto.outputs.front();
  declare(name, graph_.add_constant(std::string(name), std::move(tensor)));
}

void GraphBuilder::add_node(const NodeProto& proto) {
  check_supported(proto);
  Attributes attributes = attributes_of(proto);
  if (proto.op_type == "Constant" && proto.domain.empty())
    return add_constant_node(proto, attributes);

  for (const std::string_view name : proto.outputs) {
    if (!name.empty() && find(name) != nullptr) {
      fail(ErrorCode::kInvalidModel, proto.described(), " computes '", printable(name),
           "', which is the name of another value");
    }
  }
  // An omitted output gets a name for a moment only, so it cannot take one that follows.
  const std::vector<std::string> outputs(proto.outputs.begin(), proto.outputs.end());
  // A Scan had a batch at first.
  const bool is_batched = proto.op_type == "Scan" && proto.domain.empty() && opset_of(proto) < 9;
  if (const auto directions = attributes.extract("directions"); is_batched && directions)
    attributes.emplace("scan_input_directions", std::move(directions.mapped()));
  Node* node = graph_.add_node(
      is_batched ? "BatchedScan" : proto.op_type, std::vector<Value*>(proto.inputs.size()), outputs,
      std::move(attributes), std::string(proto.name), is_batched ? kFusedDomain : proto.domain);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].empty()) {
      graph_.erase_output(node, i);
    } else {
      declare(proto.outputs[i], node->output(i));
    }
  }
  nodes_.emplace_back(node, &proto);
}

void GraphBuilder::add_nodes() {
  for (const NodeProto& proto : source_.nodes) add_node(proto);
}

Value* GraphBuilder::find_input(const NodeProto& proto, std::string_view name) const {
  Value* value = find(name);
  if (value == nullptr) {
    fail(ErrorCode::kInvalidModel, proto.described(), " reads '", printable(name),
         "', which nothing in the graph computes");
  }
  return value;
}

void GraphBuilder::connect() {
  for (const auto& [node, proto] : nodes_) {
    for (std::size_t i = 0; i < proto->inputs.size(); ++i) {
      if (!proto->inputs[i].empty()) node->set_input(i, find_input(*proto, proto->inputs[i]));
    }
    connect_bodies(*node, *proto);
  }
}

void GraphBuilder::connect_bodies(Node& node, const NodeProto& proto) {
  std::vector<Captured> captured;
  std::int64_t count = 0;
  std::size_t slot = std::max<std::size_t>(node.inputs().size(), node.is("Loop") ? 2 : 0);
  for (const std::string_view name : captured_names(proto)) {
    captured.push_back({name, find_input(proto, name)});
    if (captured.back().value->is_constant()) continue;
    node.set_input(slot++, captured.back().value);
    ++count;
  }
  for (const AttributeProto& attribute : proto.attributes) {
    if (!attribute.body) continue;
    Graph body = GraphBuilder(model_, *attribute.body, tensors_).build(captured);
    const bool is_new =
        node.attributes.emplace(attribute.name, std::make_shared<const Graph>(std::move(body)))
            .second;
    if (!is_new) {
      fail(ErrorCode::kInvalidModel, proto.described(), ": attribute '", attribute.name,
           "' is given twice");
    }
  }
  if (count > 0) node.attributes["captures"] = count;
}

void GraphBuilder::add_value_types() {
  for (const auto* infos : {&source_.value_infos, &source_.outputs}) {
    for (const ValueInfoProto& info : *infos) {
      Value* value = find(info.name);
      if (value == nullptr || value->producer() == nullptr) continue;
      if (!info.element_code || !info.unsupported.empty()) continue;
      if (const auto dtype = dtype_of_onnx_number(*info.element_code))
        value->type = {*dtype, info.shape, info.container};
    }
  }
}

void GraphBuilder::add_outputs() {
  for (const ValueInfoProto& info : source_.outputs) {
    Value* value = find(info.name);
    if (value == nullptr) {
      fail(ErrorCode::kInvalidModel, "graph output '", info.name,
           "' is computed by nothing in the graph");
    }
    graph_.add_output(value);
  }
  if (source_.outputs.empty()) fail(ErrorCode::kInvalidModel, "the graph has no outputs");
}

Graph read(std::span<const std::byte> bytes, std::string_view source,
           const std::filesystem::path& folder, onnx::OwnerOf owner_of) {
  try {
    ModelProto model = parse_model({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    if (!model.graph) fail(ErrorCode::kInvalidModel, "it contains no graph");
    std::deque<std::string> names;
    inline_functions(model, names);
    TensorReader tensors(folder, std::move(owner_of));
    return GraphBuilder(model, *model.graph, tensors).build();
  } catch (const protozero::exception&) {
    fail(ErrorCode::kInvalidModel, "'", source,
         "' is truncated or damaged: it does not hold a complete ONNX model; copy or export it "
         "again");
  } catch (const Error& error) {
    fail(error.code(), "'", source, "': ", error.what());
  }
}

}  // namespace

Graph read_onnx(std::span<const std::byte> bytes, std::string_view source,
                const std::filesystem::path& folder, std::shared_ptr<const void> owner) {
  return read(bytes, source, folder, [&](std::span<const std::byte>) { return owner; });
}

Graph read_onnx(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  if (const FileKind kind = detect_kind(file->bytes()); kind != FileKind::kOnnx) {
    fail(ErrorCode::kInvalidModel, "'", path.string(), "' is not an ONNX model: it looks like ",
         description_of(kind));
  }
  return read(file->bytes(), path.string(), path.parent_path(),
              [&](std::span<const std::byte> range) { return own_range(file, range); });
}

}  // namespace headway
