#include <protozero/pbf_reader.hpp>

#include "base/error.h"
#include "formats/onnx/proto.h"
#include "formats/onnx/schema.h"

namespace headway::onnx {
namespace {

struct RawAttribute {
  std::string name;
  AttributeType type = AttributeType::kUndefined;
  AttributeType seen = AttributeType::kUndefined;  ///< By the field that is filled.
  std::int64_t integer = 0;
  float real = 0;
  std::string text;
  std::vector<std::int64_t> integers;
  std::vector<float> reals;
  std::vector<std::string> texts;
  protozero::data_view tensor{"", 0}, type_proto{"", 0};
  bool is_reference = false;
};

AttributeType unreadable_type(std::uint32_t tag_and_type) {
  switch (tag_and_type) {
    case bytes_field(AttributeField::kGraph):
      return AttributeType::kGraph;
    case bytes_field(AttributeField::kGraphs):
      return AttributeType::kGraphs;
    case bytes_field(AttributeField::kTensors):
      return AttributeType::kTensors;
    case bytes_field(AttributeField::kSparseTensor):
      return AttributeType::kSparseTensor;
    case bytes_field(AttributeField::kSparseTensors):
      return AttributeType::kSparseTensors;
    case bytes_field(AttributeField::kTypeProtos):
      return AttributeType::kTypeProtos;
    default:
      return AttributeType::kUndefined;
  }
}

RawAttribute parse(protozero::data_view bytes) {
  RawAttribute raw;
  protozero::pbf_reader field(bytes);
  while (field.next()) {
    switch (field.tag_and_type()) {
      case bytes_field(AttributeField::kName):
        raw.name = field.get_string();
        break;
      case varint_field(AttributeField::kType):
        raw.type = static_cast<AttributeType>(field.get_int32());
        break;
      case varint_field(AttributeField::kInt):
        raw.integer = field.get_int64();
        raw.seen = AttributeType::kInt;
        break;
      case fixed32_field(AttributeField::kFloat):
        raw.real = field.get_float();
        raw.seen = AttributeType::kFloat;
        break;
      case bytes_field(AttributeField::kString):
        raw.text = field.get_string();
        raw.seen = AttributeType::kString;
        break;
      case bytes_field(AttributeField::kTensor):
        raw.tensor = field.get_view();
        raw.seen = AttributeType::kTensor;
        break;
      case bytes_field(AttributeField::kTypeProto):
        raw.type_proto = field.get_view();
        raw.seen = AttributeType::kTypeProto;
        break;
      case varint_field(AttributeField::kInts):
        raw.integers.push_back(field.get_int64());
        raw.seen = AttributeType::kInts;
        break;
      case bytes_field(AttributeField::kInts):
        for (const std::int64_t value : field.get_packed_int64()) raw.integers.push_back(value);
        raw.seen = AttributeType::kInts;
        break;
      case fixed32_field(AttributeField::kFloats):
        raw.reals.push_back(field.get_float());
        raw.seen = AttributeType::kFloats;
        break;
      case bytes_field(AttributeField::kFloats):
        for (const float value : field.get_packed_float()) raw.reals.push_back(value);
        raw.seen = AttributeType::kFloats;
        break;
      case bytes_field(AttributeField::kStrings):
        raw.texts.push_back(field.get_string());
        raw.seen = AttributeType::kStrings;
        break;
      case bytes_field(AttributeField::kReference):
        raw.is_reference = !field.get_view().empty();
        break;
      default:
        if (const AttributeType type = unreadable_type(field.tag_and_type());
            type != AttributeType::kUndefined) {
          raw.seen = type;
        }
        field.skip();
    }
  }
  return raw;
}

[[noreturn]] void reject(const RawAttribute& raw, std::string_view reason) {
  fail(ErrorCode::kUnsupported, "attribute '", raw.name, "' ", reason);
}

}  // namespace

std::pair<std::string, Attribute> parse_attribute(protozero::data_view bytes,
                                                  TensorReader& tensors) {
  RawAttribute raw = parse(bytes);
  if (raw.is_reference) reject(raw, "refers to an argument of a function, outside of one");
  // Before IR version 2 the type was not written.
  const AttributeType type = raw.type == AttributeType::kUndefined ? raw.seen : raw.type;
  switch (type) {
    case AttributeType::kInt:
      return {raw.name, raw.integer};
    case AttributeType::kFloat:
      return {raw.name, raw.real};
    case AttributeType::kString:
      return {raw.name, std::move(raw.text)};
    case AttributeType::kInts:
      return {raw.name, std::move(raw.integers)};
    case AttributeType::kFloats:
      return {raw.name, std::move(raw.reals)};
    case AttributeType::kStrings:
      return {raw.name, std::move(raw.texts)};
    case AttributeType::kTensor:
      return {raw.name, tensors.read(raw.tensor).tensor};
    case AttributeType::kTypeProto: {
      const ValueInfoProto info = parse_type(raw.type_proto);
      return {raw.name, type_of(info, "its type").to_string()};
    }
    case AttributeType::kGraph:
      reject(raw, "is to be a graph, but holds none");
    case AttributeType::kGraphs:
      reject(raw, "holds several graphs, which no operator has");
    case AttributeType::kSparseTensor:
    case AttributeType::kSparseTensors:
      reject(raw, "holds a sparse tensor; store it as a dense one");
    default:
      reject(raw, "is of a kind Headway does not read");
  }
}

}  // namespace headway::onnx
