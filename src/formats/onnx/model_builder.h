#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <protozero/pbf_writer.hpp>

#include "formats/onnx/read.h"
#include "formats/onnx/schema.h"

/// Builds ONNX files for tests, old, unusual and malformed ones too. Used by tests only.
namespace headway::onnx {

inline constexpr std::int64_t kFloatCode = 1;

/// Everything that a tensor message can hold; `fields` fills it.
template <typename Fill>
std::string message(Fill&& fields) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  fields(writer);
  return bytes;
}

template <typename Field>
constexpr protozero::pbf_tag_type number_of(Field field) {
  return static_cast<protozero::pbf_tag_type>(field);
}

inline std::string int_attribute(const std::string& name, std::int64_t value) {
  return message([&](auto& writer) {
    writer.add_string(number_of(AttributeField::kName), name);
    writer.add_int64(number_of(AttributeField::kInt), value);
    writer.add_enum(number_of(AttributeField::kType), 2);
  });
}

inline std::string float_attribute(const std::string& name, float value) {
  return message([&](auto& writer) {
    writer.add_string(number_of(AttributeField::kName), name);
    writer.add_float(number_of(AttributeField::kFloat), value);
    writer.add_enum(number_of(AttributeField::kType), 1);
  });
}

inline std::string ints_attribute(const std::string& name,
                                  const std::vector<std::int64_t>& values) {
  return message([&](auto& writer) {
    writer.add_string(number_of(AttributeField::kName), name);
    for (const std::int64_t value : values)
      writer.add_int64(number_of(AttributeField::kInts), value);
    writer.add_enum(number_of(AttributeField::kType), 7);
  });
}

inline std::string floats_attribute(const std::string& name, const std::vector<float>& values) {
  return message([&](auto& writer) {
    writer.add_string(number_of(AttributeField::kName), name);
    writer.add_packed_float(number_of(AttributeField::kFloats), values.begin(), values.end());
    writer.add_enum(number_of(AttributeField::kType), 6);
  });
}

inline std::string string_attribute(const std::string& name, const std::string& value) {
  return message([&](auto& writer) {
    writer.add_string(number_of(AttributeField::kName), name);
    writer.add_string(number_of(AttributeField::kString), value);
    writer.add_enum(number_of(AttributeField::kType), 3);
  });
}

/// An attribute whose only content is an (empty) message in `field`.
inline std::string message_attribute(const std::string& name, AttributeField field,
                                     AttributeType type, const std::string& content = "") {
  return message([&](auto& writer) {
    writer.add_string(number_of(AttributeField::kName), name);
    writer.add_message(number_of(field), content);
    writer.add_enum(number_of(AttributeField::kType), static_cast<std::int32_t>(type));
  });
}

/// A tensor message; `data` adds its elements.
template <typename Data>
std::string tensor_message(const std::string& name, std::int64_t code,
                           const std::vector<std::int64_t>& dims, Data&& data) {
  return message([&](auto& writer) {
    writer.add_packed_int64(number_of(TensorField::kDims), dims.begin(), dims.end());
    writer.add_int32(number_of(TensorField::kDataType), static_cast<std::int32_t>(code));
    writer.add_string(number_of(TensorField::kName), name);
    data(writer);
  });
}

inline std::string raw_tensor(const std::string& name, std::int64_t code,
                              const std::vector<std::int64_t>& dims, const std::string& bytes) {
  return tensor_message(name, code, dims, [&](auto& writer) {
    writer.add_bytes(number_of(TensorField::kRawData), bytes);
  });
}

inline std::string external_tensor(
    const std::string& name, const std::vector<std::int64_t>& dims,
    const std::vector<std::pair<std::string, std::string>>& entries) {
  return tensor_message(name, kFloatCode, dims, [&](auto& writer) {
    for (const auto& [key, value] : entries) {
      protozero::pbf_writer entry(writer, number_of(TensorField::kExternalData));
      entry.add_string(number_of(EntryField::kKey), key);
      entry.add_string(number_of(EntryField::kValue), value);
    }
    writer.add_enum(number_of(TensorField::kDataLocation), kExternalLocation);
  });
}

/// Within a function: stands for an argument of the call.
inline std::string reference_attribute(const std::string& name, const std::string& argument) {
  return message([&](auto& writer) {
    writer.add_string(number_of(AttributeField::kName), name);
    writer.add_string(number_of(AttributeField::kReference), argument);
    writer.add_enum(number_of(AttributeField::kType), 1);
  });
}

inline std::string node_message(const std::string& op_type, const std::vector<std::string>& inputs,
                                const std::vector<std::string>& outputs,
                                const std::vector<std::string>& attributes = {},
                                const std::string& domain = "") {
  return message([&](auto& node) {
    for (const std::string& name : inputs) node.add_string(number_of(NodeField::kInput), name);
    for (const std::string& name : outputs) node.add_string(number_of(NodeField::kOutput), name);
    node.add_string(number_of(NodeField::kOpType), op_type);
    node.add_string(number_of(NodeField::kDomain), domain);
    for (const std::string& attribute : attributes)
      node.add_message(number_of(NodeField::kAttribute), attribute);
  });
}

class ModelBuilder {
 public:
  explicit ModelBuilder(std::int64_t opset = 17) : opset_(opset) {}

  /// An extent of 0 or less is written as it stands; use input_named for symbols.
  ModelBuilder& input(const std::string& name, const std::vector<std::int64_t>& shape,
                      std::int64_t code = kFloatCode) {
    return value_info(GraphField::kInput, name, shape, code);
  }
  ModelBuilder& output(const std::string& name) {
    protozero::pbf_writer writer(graph_);
    protozero::pbf_writer info(writer, number_of(GraphField::kOutput));
    info.add_string(number_of(ValueInfoField::kName), name);
    return *this;
  }
  ModelBuilder& value_info(GraphField field, const std::string& name,
                           const std::vector<std::int64_t>& shape, std::int64_t code = kFloatCode) {
    protozero::pbf_writer writer(graph_);
    protozero::pbf_writer info(writer, number_of(field));
    info.add_string(number_of(ValueInfoField::kName), name);
    protozero::pbf_writer type(info, number_of(ValueInfoField::kType));
    protozero::pbf_writer tensor(type, number_of(TypeField::kTensor));
    tensor.add_int32(number_of(TensorTypeField::kElementType), static_cast<std::int32_t>(code));
    protozero::pbf_writer dims(tensor, number_of(TensorTypeField::kShape));
    for (const std::int64_t extent : shape) {
      protozero::pbf_writer dim(dims, number_of(ShapeField::kDim));
      dim.add_int64(number_of(DimField::kValue), extent);
    }
    return *this;
  }
  ModelBuilder& initializer(const std::string& tensor) {
    protozero::pbf_writer(graph_).add_message(number_of(GraphField::kInitializer), tensor);
    return *this;
  }
  ModelBuilder& floats(const std::string& name, const std::vector<float>& values) {
    const std::string bytes(reinterpret_cast<const char*>(values.data()),
                            values.size() * sizeof(float));
    return initializer(
        raw_tensor(name, kFloatCode, {static_cast<std::int64_t>(values.size())}, bytes));
  }
  ModelBuilder& graph_field(GraphField field, const std::string& content) {
    protozero::pbf_writer(graph_).add_message(number_of(field), content);
    return *this;
  }
  ModelBuilder& node(const std::string& op_type, const std::vector<std::string>& inputs,
                     const std::vector<std::string>& outputs,
                     const std::vector<std::string>& attributes = {},
                     const std::string& domain = "") {
    return graph_field(GraphField::kNode,
                       node_message(op_type, inputs, outputs, attributes, domain));
  }
  ModelBuilder& function(const std::string& name, const std::vector<std::string>& inputs,
                         const std::vector<std::string>& outputs,
                         const std::vector<std::string>& nodes) {
    protozero::pbf_writer writer(model_tail_);
    protozero::pbf_writer function(writer, number_of(ModelField::kFunctions));
    function.add_string(number_of(FunctionField::kName), name);
    for (const std::string& input : inputs)
      function.add_string(number_of(FunctionField::kInput), input);
    for (const std::string& output : outputs)
      function.add_string(number_of(FunctionField::kOutput), output);
    for (const std::string& node : nodes)
      function.add_message(number_of(FunctionField::kNode), node);
    return *this;
  }

  /// The GraphProto alone, to be a body.
  const std::string& graph() const { return graph_; }

  std::string bytes() const {
    return message([&](auto& writer) {
             writer.add_int64(number_of(ModelField::kIrVersion), 8);
             {
               protozero::pbf_writer import(writer, number_of(ModelField::kOpsetImport));
               import.add_string(number_of(OpsetField::kDomain), "");
               import.add_int64(number_of(OpsetField::kVersion), opset_);
             }
             writer.add_message(number_of(ModelField::kGraph), graph_);
           }) +
           model_tail_;
  }

  Graph read(const std::filesystem::path& folder = {}) const;

 private:
  std::int64_t opset_;
  std::string graph_, model_tail_;
};

inline Graph read_bytes(std::string bytes, const std::filesystem::path& folder = {}) {
  const auto owner = std::make_shared<const std::string>(std::move(bytes));
  return read_onnx(std::as_bytes(std::span(*owner)), "test.onnx", folder, owner);
}

inline Graph ModelBuilder::read(const std::filesystem::path& folder) const {
  return read_bytes(bytes(), folder);
}

}  // namespace headway::onnx
