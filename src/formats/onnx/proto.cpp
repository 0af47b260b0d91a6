#include "formats/onnx/proto.h"

#include <protozero/pbf_reader.hpp>

#include "base/error.h"
#include "formats/onnx/schema.h"

namespace headway::onnx {
namespace {

std::string_view text_of(protozero::pbf_reader& field) {
  const protozero::data_view view = field.get_view();
  return {view.data(), view.size()};
}

NodeProto parse_node(protozero::pbf_reader field) {
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
      case bytes_field(NodeField::kAttribute):
        node.attributes.push_back(field.get_view());
        break;
      default:
        field.skip();
    }
  }
  return node;
}

GraphProto parse_graph(protozero::pbf_reader field) {
  GraphProto graph;
  while (field.next()) {
    switch (field.tag_and_type()) {
      case bytes_field(GraphField::kNode):
        graph.nodes.push_back(parse_node(field.get_message()));
        break;
      case bytes_field(GraphField::kName):
        graph.name = text_of(field);
        break;
      case bytes_field(GraphField::kInitializer):
        graph.initializers.push_back(field.get_view());
        break;
      case bytes_field(GraphField::kInput):
        graph.inputs.push_back(field.get_view());
        break;
      case bytes_field(GraphField::kOutput):
        graph.outputs.push_back(field.get_view());
        break;
      case bytes_field(GraphField::kValueInfo):
        graph.value_infos.push_back(field.get_view());
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

std::pair<std::string_view, std::string_view> parse_function(protozero::pbf_reader field) {
  std::pair<std::string_view, std::string_view> key;
  while (field.next()) {
    switch (field.tag_and_type()) {
      case bytes_field(FunctionField::kDomain):
        key.first = canonical_domain(text_of(field));
        break;
      case bytes_field(FunctionField::kName):
        key.second = text_of(field);
        break;
      default:
        field.skip();
    }
  }
  return key;
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

void parse_type(protozero::pbf_reader field, ValueInfoProto& info) {
  while (field.next()) {
    if (field.tag_and_type() == bytes_field(TypeField::kTensor)) {
      parse_tensor_type(field.get_message(), info);
    } else {
      field.skip();
    }
  }
}

}  // namespace

std::string NodeProto::described() const {
  const std::string_view shown = !name.empty() ? name : outputs.empty() ? "" : outputs.front();
  return concat("node '", shown, "' (", op_type, ")");
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
        model.graph = parse_graph(field.get_message());
        break;
      case bytes_field(ModelField::kOpsetImport):
        model.opsets.push_back(parse_opset(field.get_message()));
        break;
      case bytes_field(ModelField::kFunctions):
        model.functions.insert(parse_function(field.get_message()));
        break;
      default:
        field.skip();
    }
  }
  return model;
}

ValueInfoProto parse_value_info(protozero::data_view bytes) {
  ValueInfoProto info;
  protozero::pbf_reader field(bytes);
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

}  // namespace headway::onnx
