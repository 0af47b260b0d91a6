#include "formats/onnx/proto.h"

#include <protozero/pbf_reader.hpp>

#include "base/error.h"
#include "base/strings.h"
#include "formats/onnx/schema.h"
#include "graph/graph.h"
#include "ops/onnx_dtype.h"

namespace headway::onnx {
namespace {

std::string_view text_of(protozero::pbf_reader& field) {
  const protozero::data_view view = field.get_view();
  return {view.data(), view.size()};
}

Dim parse_dim(protozero::pbf_reader field) {
  Dim dim;
  while (field.next()) {
    switch (field.tag_and_type()) {
      case varint_field(DimField::kValue): {
        const std::int64_t extent = field.get_int64();
        dim = extent > 0 ? Dim(extent) : Dim();
        break;
      }
      case bytes_field(DimField::kParam):
        dim = Dim(std::string(text_of(field)));
        break;
      default:
        field.skip();
    }
  }
  return dim;
}

SymbolicShape parse_shape(protozero::pbf_reader field) {
  SymbolicShape shape;
  while (field.next()) {
    if (field.tag_and_type() == bytes_field(ShapeField::kDim)) {
      shape.push_back(parse_dim(field.get_message()));
    } else {
      field.skip();
    }
  }
  return shape;
}

void parse_tensor_type(protozero::pbf_reader field, ValueInfoProto& info) {
  info.element_code = 0;
  while (field.next()) {
    switch (field.tag_and_type()) {
      case varint_field(TensorTypeField::kElementType):
        info.element_code = field.get_int32();
        break;
      case bytes_field(TensorTypeField::kShape):
        info.shape = parse_shape(field.get_message());
        break;
      default:
        field.skip();
    }
  }
}

/// `depth`: how many sequences and optionals are around it.
void parse_type(protozero::pbf_reader field, ValueInfoProto& info, int depth = 0);

/// The type inside of a sequence or an optional. No more than two of them can be one type.
void parse_element_type(protozero::pbf_reader field, ValueInfoProto& info, int depth) {
  constexpr int kMaxDepth = 2;
  if (depth > kMaxDepth) return;
  while (field.next()) {
    if (field.tag_and_type() == bytes_field(ElementTypeField::kType)) {
      parse_type(field.get_message(), info, depth);
    } else {
      field.skip();
    }
  }
}

/// A sequence of tensors, an optional tensor, an optional sequence of tensors; nothing else nests.
void wrap(ValueInfoProto& info, Container outer) {
  if (info.container == Container::kNone) {
    info.container = outer;
  } else if (outer == Container::kOptional && info.container == Container::kSequence) {
    info.container = Container::kOptionalSequence;
  } else {
    info.unsupported = "a sequence of sequences or optionals";
  }
}

void parse_type(protozero::pbf_reader field, ValueInfoProto& info, int depth) {
  while (field.next()) {
    switch (field.tag_and_type()) {
      case bytes_field(TypeField::kTensor):
        parse_tensor_type(field.get_message(), info);
        break;
      case bytes_field(TypeField::kSequence):
        parse_element_type(field.get_message(), info, depth + 1);
        wrap(info, Container::kSequence);
        break;
      case bytes_field(TypeField::kOptional):
        parse_element_type(field.get_message(), info, depth + 1);
        wrap(info, Container::kOptional);
        break;
      case bytes_field(TypeField::kMap):
        info.unsupported = "a map";
        field.skip();
        break;
      case bytes_field(TypeField::kSparseTensor):
        info.unsupported = "a sparse tensor";
        field.skip();
        break;
      case bytes_field(TypeField::kOpaque):
        info.unsupported = "of an opaque type";
        field.skip();
        break;
      default:
        field.skip();
    }
  }
}

ValueInfoProto parse_value_info(protozero::pbf_reader field) {
  ValueInfoProto info;
  while (field.next()) {
    switch (field.tag_and_type()) {
      case bytes_field(ValueInfoField::kName):
        info.name = text_of(field);
        break;
      case bytes_field(ValueInfoField::kType):
        parse_type(field.get_message(), info);
        break;
      default:
        field.skip();
    }
  }
  return info;
}

GraphProto parse_graph(protozero::pbf_reader field, int depth);

AttributeProto parse_attribute_header(protozero::data_view bytes, int depth) {
  AttributeProto attribute{.bytes = bytes};
  protozero::pbf_reader field(bytes);
  while (field.next()) {
    switch (field.tag_and_type()) {
      case bytes_field(AttributeField::kName):
        attribute.name = text_of(field);
        break;
      case bytes_field(AttributeField::kReference):
        attribute.reference = text_of(field);
        break;
      case bytes_field(AttributeField::kGraph):
        attribute.body = std::make_shared<GraphProto>(parse_graph(field.get_message(), depth + 1));
        break;
      default:
        field.skip();
    }
  }
  return attribute;
}

NodeProto parse_node(protozero::pbf_reader field, int depth) {
  NodeProto node;
  while (field.next()) {
    switch (field.tag_and_type()) {
      case bytes_field(NodeField::kInput):
        node.inputs.push_back(text_of(field));
        break;
      case bytes_field(NodeField::kOutput):
        node.outputs.push_back(text_of(field));
        break;
      case bytes_field(NodeField::kName):
        node.name = text_of(field);
        break;
      case bytes_field(NodeField::kOpType):
        node.op_type = text_of(field);
        break;
      case bytes_field(NodeField::kDomain):
        node.domain = canonical_domain(text_of(field));
        break;
      case bytes_field(NodeField::kOverload):
        node.overload = text_of(field);
        break;
      case bytes_field(NodeField::kAttribute):
        node.attributes.push_back(parse_attribute_header(field.get_view(), depth));
        break;
      default:
        field.skip();
    }
  }
  return node;
}

GraphProto parse_graph(protozero::pbf_reader field, int depth) {
  if (depth > kMaxBodyDepth)
    fail(ErrorCode::kInvalidModel, "graphs are nested more than ", kMaxBodyDepth, " deep");
  GraphProto graph;
  while (field.next()) {
    switch (field.tag_and_type()) {
      case bytes_field(GraphField::kNode):
        graph.nodes.push_back(parse_node(field.get_message(), depth));
        break;
      case bytes_field(GraphField::kName):
        graph.name = text_of(field);
        break;
      case bytes_field(GraphField::kInitializer):
        graph.initializers.push_back(field.get_view());
        break;
      case bytes_field(GraphField::kInput):
        graph.inputs.push_back(parse_value_info(field.get_message()));
        break;
      case bytes_field(GraphField::kOutput):
        graph.outputs.push_back(parse_value_info(field.get_message()));
        break;
      case bytes_field(GraphField::kValueInfo):
        graph.value_infos.push_back(parse_value_info(field.get_message()));
        break;
      case bytes_field(GraphField::kSparseInitializer):
        graph.has_sparse_initializer = true;
        field.skip();
        break;
      default:
        field.skip();
    }
  }
  return graph;
}

std::pair<std::string_view, std::int64_t> parse_opset(protozero::pbf_reader field) {
  std::pair<std::string_view, std::int64_t> opset;
  while (field.next()) {
    switch (field.tag_and_type()) {
      case bytes_field(OpsetField::kDomain):
        opset.first = canonical_domain(text_of(field));
        break;
      case varint_field(OpsetField::kVersion):
        opset.second = field.get_int64();
        break;
      default:
        field.skip();
    }
  }
  return opset;
}

void add_function(protozero::pbf_reader field, ModelProto& model) {
  FunctionProto function;
  std::string_view domain, name, overload;
  while (field.next()) {
    switch (field.tag_and_type()) {
      case bytes_field(FunctionField::kDomain):
        domain = canonical_domain(text_of(field));
        break;
      case bytes_field(FunctionField::kName):
        name = text_of(field);
        break;
      case bytes_field(FunctionField::kOverload):
        overload = text_of(field);
        break;
      case bytes_field(FunctionField::kInput):
        function.inputs.push_back(text_of(field));
        break;
      case bytes_field(FunctionField::kOutput):
        function.outputs.push_back(text_of(field));
        break;
      case bytes_field(FunctionField::kDefault):
        function.defaults.push_back(parse_attribute_header(field.get_view(), 1));
        break;
      case bytes_field(FunctionField::kNode):
        function.nodes.push_back(parse_node(field.get_message(), 1));
        break;
      case bytes_field(FunctionField::kOpsetImport):
        if (const auto [imported, version] = parse_opset(field.get_message()); imported.empty())
          function.opset = version;
        break;
      default:
        field.skip();
    }
  }
  if (!model.functions.emplace(FunctionKey(domain, name, overload), std::move(function)).second)
    fail(ErrorCode::kInvalidModel, "the function '", name, "' is defined twice");
}

}  // namespace

std::string NodeProto::described() const {
  const std::string_view shown = !name.empty() ? name : outputs.empty() ? "" : outputs.front();
  return printable(concat("node '", shown, "' (", op_type, ")"));
}

std::string_view canonical_domain(std::string_view domain) {
  return domain == "ai.onnx" ? "" : domain;
}

ModelProto parse_model(protozero::data_view bytes) {
  ModelProto model;
  protozero::pbf_reader field(bytes);
  while (field.next()) {
    switch (field.tag_and_type()) {
      case bytes_field(ModelField::kGraph):
        model.graph = parse_graph(field.get_message(), 0);
        break;
      case bytes_field(ModelField::kOpsetImport):
        model.opsets.push_back(parse_opset(field.get_message()));
        break;
      case bytes_field(ModelField::kFunctions):
        add_function(field.get_message(), model);
        break;
      default:
        field.skip();
    }
  }
  return model;
}

ValueInfoProto parse_type(protozero::data_view bytes) {
  ValueInfoProto info;
  parse_type(protozero::pbf_reader(bytes), info);
  return info;
}

TensorType type_of(const ValueInfoProto& info, std::string_view role) {
  if (!info.unsupported.empty()) {
    fail(ErrorCode::kUnsupported, role, " '", info.name, "' is ", info.unsupported,
         ", which is not supported");
  }
  const std::int64_t code = info.element_code.value_or(0);
  const auto dtype = dtype_of_onnx_number(code);
  if (!dtype) {
    fail(ErrorCode::kUnsupported, role, " '", info.name, "' has the element type ",
         name_of_code(code), ", which is not supported");
  }
  return {*dtype, info.shape, info.container};
}

}  // namespace headway::onnx
