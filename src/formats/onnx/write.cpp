#include "formats/onnx/write.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <protozero/pbf_writer.hpp>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/narrow.h"
#include "formats/onnx/schema.h"
#include "formats/onnx/tensor.h"
#include "formats/onnx/write_form.h"
#include "graph/text.h"
#include "ops/onnx_dtype.h"
#include "ops/operator.h"

namespace headway {
namespace {

using namespace onnx;
using protozero::pbf_writer;

constexpr std::uint64_t kExternalAlignment = 4096;  // A page: the file is meant to be mapped.
constexpr std::size_t kMinExternalBytes = 1024;

using Sink = std::function<void(std::string_view)>;

template <typename Field>
constexpr protozero::pbf_tag_type tag(Field field) {
  return static_cast<protozero::pbf_tag_type>(field);
}

std::string_view bytes_of(const Tensor& tensor) {
  return {static_cast<const char*>(tensor.raw()), tensor.byte_size()};
}

/// True if the elements lie in the file as they lie in memory.
bool is_raw(const Tensor& tensor) {
  const DType dtype = tensor.dtype();
  return dtype != DType::kString && (!is_narrow(dtype) || bits_of_narrow(dtype) == 8);
}

/// A TensorProto up to its elements, which are included only if they need another form in the file.
std::string tensor_header(std::string_view name, const Tensor& tensor) {
  std::string message;
  pbf_writer writer(message);
  writer.add_packed_int64(tag(TensorField::kDims), tensor.shape().begin(), tensor.shape().end());
  writer.add_int32(tag(TensorField::kDataType),
                   static_cast<std::int32_t>(onnx_number_of(tensor.dtype())));
  if (!name.empty()) writer.add_string(tag(TensorField::kName), name.data(), name.size());
  if (tensor.dtype() == DType::kString) {
    for (const std::string& text : tensor.values<std::string>())
      writer.add_bytes(tag(TensorField::kStringData), text);
  } else if (!is_raw(tensor)) {
    writer.add_bytes(tag(TensorField::kRawData), packed_elements(tensor));
  }
  return message;
}

/// Tag and length of a field whose content follows.
std::string field_prefix(protozero::pbf_tag_type field, std::uint64_t length) {
  std::string prefix;
  const auto type = static_cast<std::uint32_t>(protozero::pbf_wire_type::length_delimited);
  protozero::add_varint_to_buffer(&prefix, (field << 3U) | type);
  protozero::add_varint_to_buffer(&prefix, length);
  return prefix;
}

std::string tensor_message(std::string_view name, const Tensor& tensor) {
  std::string message = tensor_header(name, tensor);
  if (is_raw(tensor)) {
    const std::string_view bytes = bytes_of(tensor);
    message += field_prefix(tag(TensorField::kRawData), bytes.size());
    message += bytes;
  }
  return message;
}

/// Under which name each value is written: a body must not use a name of the graphs around it for
/// something else.
struct Names {
  std::unordered_map<const Value*, std::string> written;
  std::unordered_set<std::string> used;

  const std::string& of(const Value* value) const {
    static const std::string omitted;
    return value == nullptr ? omitted : written.at(value);
  }
  std::string add(const std::string& wanted) {
    std::string name = wanted;
    for (int i = 1; !used.insert(name).second; ++i) name = concat(wanted, '_', i);
    return name;
  }
  void add(const Value* value) {
    if (value != nullptr && !written.contains(value)) written[value] = add(value->name());
  }
  void add_all(const Graph& graph) {
    for (const Value* input : graph.inputs()) add(input);
    for (const Value* constant : graph.constants()) add(constant);
    for (const Node* node : graph.nodes())
      for (const Value* output : node->outputs()) add(output);
  }
};

std::string body_message(const Graph& body, std::span<Value* const> captured, const Names& outside);
std::string type_message(const TensorType& type);

class AttributeWriter {
 public:
  AttributeWriter(pbf_writer& writer, const Node& node, const Names& names)
      : writer_(writer), node_(node), names_(names) {}

  void operator()(const Body& body) {
    const auto captured = node_.inputs().last(node_.captures());
    writer_.add_message(tag(AttributeField::kGraph), body_message(*body, captured, names_));
    set_type(AttributeType::kGraph);
  }

  void operator()(std::int64_t value) {
    writer_.add_int64(tag(AttributeField::kInt), value);
    set_type(AttributeType::kInt);
  }
  void operator()(float value) {
    writer_.add_float(tag(AttributeField::kFloat), value);
    set_type(AttributeType::kFloat);
  }
  void operator()(const std::string& value) {
    writer_.add_string(tag(AttributeField::kString), value);
    set_type(AttributeType::kString);
  }
  void operator()(const std::vector<std::int64_t>& values) {
    for (const std::int64_t value : values) writer_.add_int64(tag(AttributeField::kInts), value);
    set_type(AttributeType::kInts);
  }
  void operator()(const std::vector<float>& values) {
    for (const float value : values) writer_.add_float(tag(AttributeField::kFloats), value);
    set_type(AttributeType::kFloats);
  }
  void operator()(const std::vector<std::string>& values) {
    for (const std::string& value : values)
      writer_.add_string(tag(AttributeField::kStrings), value);
    set_type(AttributeType::kStrings);
  }
  void operator()(const Tensor& tensor) {
    writer_.add_message(tag(AttributeField::kTensor), tensor_message("", tensor));
    set_type(AttributeType::kTensor);
  }

 private:
  void set_type(AttributeType type) {
    writer_.add_enum(tag(AttributeField::kType), static_cast<std::int32_t>(type));
  }
  pbf_writer& writer_;
  const Node& node_;
  const Names& names_;
};

void write_node(pbf_writer& graph, const Node& node, const Names& names) {
  pbf_writer writer(graph, tag(GraphField::kNode));
  for (const Value* input : node.inputs().first(node.inputs().size() - node.captures()))
    writer.add_string(tag(NodeField::kInput), names.of(input));
  for (const Value* output : node.outputs())
    writer.add_string(tag(NodeField::kOutput), names.of(output));
  writer.add_string(tag(NodeField::kName), node.name());
  writer.add_string(tag(NodeField::kOpType), node.op_type());
  if (!node.domain().empty()) writer.add_string(tag(NodeField::kDomain), node.domain());
  for (const auto& [name, attribute] : node.attributes) {
    if (name == "captures") continue;
    pbf_writer attribute_writer(writer, tag(NodeField::kAttribute));
    attribute_writer.add_string(tag(AttributeField::kName), name);
    if (node.is("Optional") && name == "type") {
      const TensorType type = parse_type(std::get<std::string>(attribute));
      attribute_writer.add_message(tag(AttributeField::kTypeProto), type_message(type));
      attribute_writer.add_enum(tag(AttributeField::kType),
                                static_cast<std::int32_t>(AttributeType::kTypeProto));
      continue;
    }
    std::visit(AttributeWriter(attribute_writer, node, names), attribute);
  }
}

/// Written as a whole: a pbf_writer drops a submessage that stays empty, but an unknown extent and
/// a scalar's shape are just that.
std::string shape_message(const SymbolicShape& shape) {
  std::string message;
  pbf_writer writer(message);
  for (const Dim& dim : shape) {
    std::string extent;
    if (dim.is_static()) pbf_writer(extent).add_int64(tag(DimField::kValue), dim.extent());
    if (dim.is_symbol()) pbf_writer(extent).add_string(tag(DimField::kParam), dim.symbol());
    writer.add_message(tag(ShapeField::kDim), extent);
  }
  return message;
}

/// Around a type, as often as it is in something.
std::string wrapped(std::string type, TypeField field) {
  std::string element;
  pbf_writer(element).add_message(tag(ElementTypeField::kType), type);
  std::string message;
  pbf_writer(message).add_message(tag(field), element);
  return message;
}

std::string type_message(const TensorType& type) {
  std::string tensor;
  pbf_writer writer(tensor);
  writer.add_int32(tag(TensorTypeField::kElementType),
                   static_cast<std::int32_t>(onnx_number_of(type.dtype)));
  if (type.shape) writer.add_message(tag(TensorTypeField::kShape), shape_message(*type.shape));
  std::string message;
  pbf_writer(message).add_message(tag(TypeField::kTensor), tensor);
  if (type.is_sequence()) message = wrapped(std::move(message), TypeField::kSequence);
  if (type.is_optional()) message = wrapped(std::move(message), TypeField::kOptional);
  return message;
}

void write_value_info(pbf_writer& graph, GraphField field, const std::string& name,
                      const TensorType* type) {
  pbf_writer writer(graph, tag(field));
  writer.add_string(tag(ValueInfoField::kName), name);
  if (type != nullptr) writer.add_message(tag(ValueInfoField::kType), type_message(*type));
}

/// Everything of the GraphProto but the initializers. A body's last inputs may be `captures`; its
/// outputs need no types, which are not known before the node's are.
std::string graph_header(const Graph& graph, const Names& names,
                         std::optional<std::size_t> captures = std::nullopt) {
  std::string message;
  pbf_writer writer(message);
  writer.add_string(tag(GraphField::kName), graph.name());
  for (const Node* node : graph.nodes()) write_node(writer, *node, names);
  for (const Value* input : graph.inputs().first(graph.inputs().size() - captures.value_or(0)))
    write_value_info(writer, GraphField::kInput, names.of(input), &input->type);
  for (const Value* output : graph.outputs()) {
    const bool is_known = !captures || output->type != TensorType{};
    write_value_info(writer, GraphField::kOutput, names.of(output),
                     is_known ? &output->type : nullptr);
  }
  for (const Node* node : graph.nodes()) {
    for (const Value* output : node->outputs()) {
      if (output == nullptr || output->type == TensorType{} || graph.is_output(output)) continue;
      write_value_info(writer, GraphField::kValueInfo, names.of(output), &output->type);
    }
  }
  return message;
}

/// The graph itself keeps its names.
Names names_of(const Graph& graph) {
  Names names;
  names.add_all(graph);
  return names;
}

/// Puts a node between a value and its readers.
void input_to_output(Graph& graph, Value* input) {
  Value* copy = graph.add_node("Identity", {input})->output();
  copy->type = input->type;
  graph.replace_uses(input, copy);
  copy->producer()->set_input(0, input);
}

std::string body_message(const Graph& body, std::span<Value* const> captured,
                         const Names& outside) {
  Graph graph = body.clone();
  const auto own_inputs = graph.inputs().size() - captured.size();
  // An output must be computed in the body.
  for (std::size_t i = 0; i < captured.size(); ++i) {
    Value* input = graph.inputs()[own_inputs + i];
    if (graph.is_output(input)) input_to_output(graph, input);
  }
  Names names = outside;
  for (std::size_t i = 0; i < captured.size(); ++i)
    names.written[graph.inputs()[own_inputs + i]] = outside.of(captured[i]);
  names.add_all(graph);
  std::string message = graph_header(graph, names, captured.size());
  pbf_writer writer(message);
  for (const Value* constant : graph.constants())
    writer.add_message(tag(GraphField::kInitializer),
                       tensor_message(names.of(constant), constant->constant()));
  return message;
}

int ir_version_of(std::int64_t opset) {
  if (opset <= 18) return 8;
  if (opset <= 20) return 9;
  if (opset <= 22) return 10;
  if (opset <= 24) return opset == 23 ? 11 : 12;
  return opset <= 27 ? 13 : 14;
}

/// The versions of other domains that the graph and its bodies need.
void find_versions(const Graph& graph, std::map<std::string, std::int64_t>& versions) {
  for (const Node* node : graph.nodes()) {
    for (const auto& [name, attribute] : node->attributes)
      if (const Body* body = std::get_if<Body>(&attribute)) find_versions(**body, versions);
    if (node->domain().empty()) continue;
    const Operator* known = find_operator(node->op_type(), node->domain());
    // LabelEncoder lost this attribute in version 2.
    const bool oldest = known == nullptr || node->has("classes_strings");
    std::int64_t& version = versions[node->domain()];
    version = std::max<std::int64_t>(version, oldest ? 1 : known->since_version);
  }
}

std::string model_header(const Graph& graph, std::int64_t opset) {
  std::string message;
  pbf_writer writer(message);
  writer.add_int64(tag(ModelField::kIrVersion), ir_version_of(opset));
  writer.add_string(tag(ModelField::kProducerName), "headway");
  const auto import_opset = [&](const std::string& domain, std::int64_t version) {
    pbf_writer import(writer, tag(ModelField::kOpsetImport));
    import.add_string(tag(OpsetField::kDomain), domain);
    import.add_int64(tag(OpsetField::kVersion), version);
  };
  import_opset("", opset);
  std::map<std::string, std::int64_t> versions;
  find_versions(graph, versions);
  for (const auto& [domain, version] : versions) import_opset(domain, version);
  return message;
}

void check_writable(const Graph& graph) {
  for (const Node* node : graph.nodes()) {
    for (const auto& [name, attribute] : node->attributes)
      if (const Body* body = std::get_if<Body>(&attribute)) check_writable(**body);
    if (node->domain() != "headway") continue;
    fail(ErrorCode::kUnsupported, node->described(),
         " is an internal operator, which ONNX does not have; write the model before it is fused");
  }
}

/// One initializer, ready to be written: everything but its elements.
struct Initializer {
  std::string header;         ///< The TensorProto's bytes before the elements.
  std::string_view elements;  ///< Empty if they are in the header or the external file.

  std::string data_prefix() const {
    return elements.empty() ? "" : field_prefix(tag(TensorField::kRawData), elements.size());
  }
  std::uint64_t size() const { return header.size() + data_prefix().size() + elements.size(); }
};

Initializer embedded(const Value& constant) {
  const Tensor& tensor = constant.constant();
  return {tensor_header(constant.name(), tensor), is_raw(tensor) ? bytes_of(tensor) : ""};
}

void write_model(const WriteForm& form, const std::vector<Initializer>& initializers,
                 const Sink& sink) {
  const std::string nodes = graph_header(form.graph, names_of(form.graph));
  std::uint64_t graph_size = nodes.size();
  for (const Initializer& initializer : initializers) {
    const std::uint64_t size = initializer.size();
    graph_size += field_prefix(tag(GraphField::kInitializer), size).size() + size;
  }
  sink(model_header(form.graph, form.opset));
  sink(field_prefix(tag(ModelField::kGraph), graph_size));
  sink(nodes);
  for (const Initializer& initializer : initializers) {
    sink(field_prefix(tag(GraphField::kInitializer), initializer.size()));
    sink(initializer.header);
    sink(initializer.data_prefix());
    sink(initializer.elements);
  }
}

/// Appends a tensor to the external file and returns the initializer that points there.
Initializer externalized(const Value& constant, AtomicFile& data) {
  const Tensor& tensor = constant.constant();
  const std::uint64_t padding =
      (kExternalAlignment - data.position() % kExternalAlignment) % kExternalAlignment;
  data.write(std::string(padding, '\0'));
  const std::uint64_t offset = data.position();
  data.write(bytes_of(tensor));

  std::string header = tensor_header(constant.name(), tensor);
  pbf_writer writer(header);
  const auto add_entry = [&](std::string_view key, const std::string& value) {
    pbf_writer entry(writer, tag(TensorField::kExternalData));
    entry.add_string(tag(EntryField::kKey), key.data(), key.size());
    entry.add_string(tag(EntryField::kValue), value);
  };
  add_entry("location", data.target().filename().string());
  add_entry("offset", std::to_string(offset));
  add_entry("length", std::to_string(tensor.byte_size()));
  writer.add_enum(tag(TensorField::kDataLocation), kExternalLocation);
  return {std::move(header), {}};
}

void write_file(const WriteForm& form, const std::vector<Initializer>& initializers,
                const std::filesystem::path& path) {
  AtomicFile file(path);
  write_model(form, initializers, [&](std::string_view bytes) { file.write(bytes); });
  file.commit();
}

std::uint64_t embedded_bytes(const Graph& graph) {
  constexpr std::uint64_t kOverheadPerTensor = 256;
  std::uint64_t total = graph_header(graph, names_of(graph)).size();
  for (const Value* constant : graph.constants())
    total += constant->constant().byte_size() + constant->name().size() + kOverheadPerTensor;
  return total;
}

}  // namespace

void write_onnx(const Graph& graph, const std::filesystem::path& path,
                const OnnxWriteOptions& options) {
  check_writable(graph);
  const WriteForm form = write_form(graph);
  std::vector<Initializer> initializers;
  if (embedded_bytes(form.graph) <= options.max_embedded_bytes) {
    for (const Value* constant : form.graph.constants())
      initializers.push_back(embedded(*constant));
    return write_file(form, initializers, path);
  }
  std::filesystem::path data_path = path;
  data_path += ".data";
  AtomicFile data(data_path);
  for (const Value* constant : form.graph.constants()) {
    const Tensor& tensor = constant->constant();
    const bool is_small = tensor.byte_size() < kMinExternalBytes || !is_raw(tensor);
    initializers.push_back(is_small ? embedded(*constant) : externalized(*constant, data));
  }
  data.commit();
  write_file(form, initializers, path);
}

std::string to_onnx(const Graph& graph) {
  check_writable(graph);
  const WriteForm form = write_form(graph);
  std::vector<Initializer> initializers;
  for (const Value* constant : form.graph.constants()) initializers.push_back(embedded(*constant));
  std::string bytes;
  write_model(form, initializers, [&](std::string_view part) { bytes += part; });
  return bytes;
}

}  // namespace headway
