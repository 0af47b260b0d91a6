#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "base/random.h"
#include "formats/onnx/schema.h"
#include "ops/operator.h"

/// Changes ONNX files as a graph, not as bytes: what comes out is always a well-formed message.
/// Used by fuzzers only.
namespace headway::onnx {

enum class MessageKind : std::uint8_t {
  kModel,
  kOpset,
  kFunction,
  kGraph,
  kNode,
  kAttribute,
  kTensor,
  kEntry,
  kValueInfo,
  kType,
  kTensorType,
  kShape,
  kDim,
  kElementType,
};

struct Message;

struct Field {
  protozero::pbf_tag_type number;
  protozero::pbf_wire_type wire;
  std::uint64_t integer = 0;     ///< A varint, or the bits of a fixed-width number.
  std::string bytes;             ///< Of a field that is length-delimited and no message.
  std::vector<Message> message;  ///< One, or none.
};

struct Message {
  MessageKind kind;
  std::vector<Field> fields;
};

/// The fields that are messages; the numbers are those of onnx.proto.
inline std::optional<MessageKind> kind_of_field(MessageKind parent, protozero::pbf_tag_type field) {
  struct Child {
    MessageKind parent;
    protozero::pbf_tag_type field;
    MessageKind kind;
  };
  using enum MessageKind;
  constexpr auto kChildren = std::to_array<Child>({
      {kModel, 7, kGraph},      {kModel, 8, kOpset},      {kModel, 25, kFunction},
      {kFunction, 7, kNode},    {kFunction, 9, kOpset},   {kFunction, 11, kAttribute},
      {kGraph, 1, kNode},       {kGraph, 5, kTensor},     {kGraph, 11, kValueInfo},
      {kGraph, 12, kValueInfo}, {kGraph, 13, kValueInfo}, {kNode, 5, kAttribute},
      {kAttribute, 5, kTensor}, {kAttribute, 6, kGraph},  {kAttribute, 10, kTensor},
      {kAttribute, 11, kGraph}, {kAttribute, 14, kType},  {kTensor, 13, kEntry},
      {kValueInfo, 2, kType},   {kType, 1, kTensorType},  {kType, 4, kElementType},
      {kType, 9, kElementType}, {kTensorType, 2, kShape}, {kShape, 1, kDim},
      {kElementType, 1, kType},
  });
  for (const Child& child : kChildren)
    if (child.parent == parent && child.field == field) return child.kind;
  return std::nullopt;
}

inline Message parse_message(MessageKind kind, protozero::data_view bytes, int depth = 0) {
  constexpr int kMaxDepth = 40;
  Message message{kind, {}};
  protozero::pbf_reader reader(bytes);
  while (reader.next()) {
    Field field{reader.tag(), reader.wire_type(), 0, {}, {}};
    switch (field.wire) {
      case protozero::pbf_wire_type::varint:
        field.integer = reader.get_uint64();
        break;
      case protozero::pbf_wire_type::fixed64:
        field.integer = reader.get_fixed64();
        break;
      case protozero::pbf_wire_type::fixed32:
        field.integer = reader.get_fixed32();
        break;
      default: {
        const protozero::data_view view = reader.get_view();
        const auto child = depth < kMaxDepth ? kind_of_field(kind, field.number) : std::nullopt;
        if (child) {
          field.message.push_back(parse_message(*child, view, depth + 1));
        } else {
          field.bytes.assign(view.data(), view.size());
        }
      }
    }
    message.fields.push_back(std::move(field));
  }
  return message;
}

inline std::string write_message(const Message& message) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  for (const Field& field : message.fields) {
    switch (field.wire) {
      case protozero::pbf_wire_type::varint:
        writer.add_uint64(field.number, field.integer);
        break;
      case protozero::pbf_wire_type::fixed64:
        writer.add_fixed64(field.number, field.integer);
        break;
      case protozero::pbf_wire_type::fixed32:
        writer.add_fixed32(field.number, static_cast<std::uint32_t>(field.integer));
        break;
      default:
        writer.add_bytes(field.number,
                         field.message.empty() ? field.bytes : write_message(field.message[0]));
    }
  }
  return bytes;
}

/// One random change after the other to a model.
class Mutator {
 public:
  Mutator(Message& model, std::uint64_t seed) : model_(model), random_(seed) {}

  void mutate() {
    const std::uint64_t changes = 1 + random_.below(4);
    for (std::uint64_t i = 0; i < changes; ++i) change();
  }

  /// Puts a part of another model where this one has a part of the same kind.
  void cross_with(Message& other) {
    const Place from = any_place(other);
    std::vector<Place> places;
    collect(model_, places);
    std::erase_if(places, [&](const Place& place) { return !same_role(place, from); });
    if (places.empty()) return;
    const Place to = places[random_.below(places.size())];
    if (random_.below(2) == 0) {
      to.field() = Field(from.field());
    } else {
      insert(*to.owner, to.index, from.field());
    }
  }

 private:
  struct Place {
    Message* owner;
    std::size_t index;

    Field& field() const { return owner->fields[index]; }
  };

  static void collect(Message& message, std::vector<Place>& places) {
    for (std::size_t i = 0; i < message.fields.size(); ++i) {
      places.push_back({&message, i});
      for (Message& child : message.fields[i].message) collect(child, places);
    }
  }

  static bool same_role(const Place& a, const Place& b) {
    return a.owner->kind == b.owner->kind && a.field().number == b.field().number &&
           a.field().message.empty() == b.field().message.empty();
  }

  static void insert(Message& owner, std::size_t index, Field field) {
    owner.fields.insert(owner.fields.begin() + static_cast<std::ptrdiff_t>(index),
                        std::move(field));
  }

  Place any_place(Message& message) {
    std::vector<Place> places;
    collect(message, places);
    if (places.empty()) {
      message.fields.push_back({1, protozero::pbf_wire_type::varint, 8, {}, {}});
      return {&message, 0};
    }
    return places[random_.below(places.size())];
  }

  void change() {
    const Place place = any_place(model_);
    switch (random_.below(10)) {
      case 0:
        place.owner->fields.erase(place.owner->fields.begin() +
                                  static_cast<std::ptrdiff_t>(place.index));
        break;
      case 1:
        insert(*place.owner, random_.below(place.owner->fields.size() + 1), Field(place.field()));
        break;
      case 2:
        std::swap(place.field(), place.owner->fields[random_.below(place.owner->fields.size())]);
        break;
      case 3:
        copy_to_other_place(place);
        break;
      case 4:
        change_attributes();
        break;
      case 5:
        change_operator();
        break;
      default:
        change_content(place.field());
    }
  }

  void copy_to_other_place(const Place& place) {
    std::vector<Place> places;
    collect(model_, places);
    std::erase_if(places, [&](const Place& other) {
      return other.field().wire != place.field().wire ||
             other.field().message.empty() != place.field().message.empty() ||
             (!other.field().message.empty() &&
              other.field().message[0].kind != place.field().message[0].kind);
    });
    Field& to = places[random_.below(places.size())].field();
    Field from = place.field();
    from.number = to.number;
    to = std::move(from);
  }

  void change_content(Field& field) {
    switch (field.wire) {
      case protozero::pbf_wire_type::varint:
        field.integer = static_cast<std::uint64_t>(integer());
        break;
      case protozero::pbf_wire_type::fixed32:
        field.integer = std::bit_cast<std::uint32_t>(real());
        break;
      case protozero::pbf_wire_type::fixed64:
        field.integer = std::bit_cast<std::uint64_t>(static_cast<double>(real()));
        break;
      default:
        if (field.message.empty()) change_bytes(field.bytes);
    }
  }

  /// The bytes of a name, of packed numbers or of elements: mostly aligned pieces of them.
  void change_bytes(std::string& bytes) {
    const std::uint64_t way = random_.below(4);
    if (way == 0 || bytes.empty()) {
      bytes.resize(random_.below(2) == 0 ? bytes.size() * 2 : random_.below(20), '\0');
    } else if (way == 1) {
      bytes[random_.below(bytes.size())] = static_cast<char>(random_.next());
    } else {
      const std::size_t width = way == 2 && bytes.size() % 8 == 0 ? 8 : 4;
      if (bytes.size() < width) return;
      const std::size_t at = random_.below(bytes.size() / width) * width;
      const std::int64_t wide = integer();
      const float narrow = real();
      std::memcpy(bytes.data() + at,
                  width == 8 ? static_cast<const void*>(&wide) : static_cast<const void*>(&narrow),
                  width);
    }
  }

  std::int64_t integer() {
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();
    constexpr std::array kExtremes = {kMax,
                                      kMax - 1,
                                      -kMax,
                                      -kMax - 1,
                                      kMax / 2,
                                      kMax / 4,
                                      kInt32Max,
                                      kInt32Max + 1,
                                      -kInt32Max - 1,
                                      kInt32Max * 2,
                                      std::int64_t{1} << 40,
                                      std::int64_t{65536},
                                      std::int64_t{1000},
                                      std::int64_t{-1000}};
    if (random_.below(3) == 0) return kExtremes[random_.below(kExtremes.size())];
    return static_cast<std::int64_t>(random_.below(24)) - 6;
  }

  float real() {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    constexpr std::array kExtremes = {
        kInfinity, -kInfinity, 0.0f,   -0.0f,  1e30f, -1e30f,
        1e-30f,    1e10f,      -1e10f, 0.001f, 1e6f,  std::numeric_limits<float>::quiet_NaN()};
    if (random_.below(2) == 0) return kExtremes[random_.below(kExtremes.size())];
    return static_cast<float>(random_.below(17)) * 0.5f - 2;
  }

  std::vector<Message*> nodes() {
    std::vector<Place> places;
    collect(model_, places);
    std::vector<Message*> nodes;
    for (const Place& place : places) {
      if (!place.field().message.empty() && place.field().message[0].kind == MessageKind::kNode)
        nodes.push_back(&place.field().message[0]);
    }
    return nodes;
  }

  static Field* find(Message& node, NodeField wanted) {
    for (Field& field : node.fields)
      if (field.number == static_cast<protozero::pbf_tag_type>(wanted)) return &field;
    return nullptr;
  }

  const Operator& any_operator() { return all_operators()[random_.below(all_operators().size())]; }

  void change_operator() {
    const std::vector<Message*> all = nodes();
    if (all.empty()) return;
    Field* op_type = find(*all[random_.below(all.size())], NodeField::kOpType);
    if (op_type != nullptr) op_type->bytes = any_operator().name;
  }

  /// Gives a node an attribute that its operator has, mostly of the right kind.
  void change_attributes() {
    const std::vector<Message*> all = nodes();
    if (all.empty()) return;
    Message& node = *all[random_.below(all.size())];
    const Field* op_type = find(node, NodeField::kOpType);
    const Operator* op = op_type == nullptr ? nullptr : find_operator(op_type->bytes);
    if (op == nullptr) op = &any_operator();
    if (op->attributes.empty()) return;
    const AttributeSpec& spec = op->attributes[random_.below(op->attributes.size())];
    const auto kind =
        random_.below(16) == 0 ? static_cast<AttributeKind>(random_.below(7)) : spec.kind;
    Field field{static_cast<protozero::pbf_tag_type>(NodeField::kAttribute),
                protozero::pbf_wire_type::length_delimited,
                0,
                {},
                {attribute(std::string(spec.name), kind)}};
    node.fields.push_back(std::move(field));
  }

  Message attribute(const std::string& name, AttributeKind kind) {
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    const auto number = [](AttributeField field) {
      return static_cast<protozero::pbf_tag_type>(field);
    };
    writer.add_string(number(AttributeField::kName), name);
    const std::uint64_t count = random_.below(5);
    switch (kind) {
      case AttributeKind::kInt:
        writer.add_int64(number(AttributeField::kInt), integer());
        break;
      case AttributeKind::kFloat:
        writer.add_float(number(AttributeField::kFloat), real());
        break;
      case AttributeKind::kString:
        writer.add_string(number(AttributeField::kString), word());
        break;
      case AttributeKind::kInts:
        for (std::uint64_t i = 0; i < count; ++i)
          writer.add_int64(number(AttributeField::kInts), integer());
        break;
      case AttributeKind::kFloats:
        for (std::uint64_t i = 0; i < count; ++i)
          writer.add_float(number(AttributeField::kFloats), real());
        break;
      case AttributeKind::kStrings:
        for (std::uint64_t i = 0; i < count; ++i)
          writer.add_string(number(AttributeField::kStrings), word());
        break;
      default:
        writer.add_message(number(AttributeField::kTensor), std::string());
    }
    return parse_message(MessageKind::kAttribute, {bytes.data(), bytes.size()});
  }

  /// Words that attributes of ONNX's operators know.
  std::string word() {
    constexpr std::array kWords = {
        "SAME_UPPER",    "SAME_LOWER", "VALID",  "NOTSET",    "linear",     "nearest",
        "cubic",         "constant",   "edge",   "reflect",   "wrap",       "sum",
        "mean",          "max",        "min",    "add",       "mul",        "none",
        "bilinear",      "zeros",      "border", "forward",   "reverse",    "Relu",
        "bidirectional", "tanh",       "floor",  "ceil",      "asymmetric", "tf_crop_and_resize",
        "align_corners", "DCR",        "CRD",    "ij,jk->ik", "...i->...",  "ii->i"};
    return kWords[random_.below(kWords.size())];
  }

  Message& model_;
  Random random_;
};

}  // namespace headway::onnx
