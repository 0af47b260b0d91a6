#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <protozero/data_view.hpp>

#include "formats/onnx/tensor.h"
#include "graph/attribute.h"
#include "graph/type.h"

/// The parts of an ONNX model as they stand in the file: views into its bytes, nothing resolved.
namespace headway::onnx {

struct GraphProto;

struct AttributeProto {
  std::string_view name;
  protozero::data_view bytes{"", 0};
  std::shared_ptr<GraphProto> body;  ///< nullptr unless it holds a graph.
  std::string_view reference;  ///< Of a function's node: the argument that it stands for; or "".
};

struct NodeProto {
  std::string_view name, op_type, domain, overload;
  std::vector<std::string_view> inputs, outputs;  ///< "" where omitted.
  std::vector<AttributeProto> attributes;
  std::int64_t opset = 0;  ///< Of the function it was inlined from; 0: the model's.

  /// "node 'conv1' (Conv)"; by its first output if it has no name.
  std::string described() const;
};

struct ValueInfoProto {
  std::string_view name;
  std::optional<std::int64_t> element_code;  ///< TensorProto.DataType; nullopt: not known.
  std::optional<SymbolicShape> shape;        ///< Extents that are not positive are unknown.
  Container container = Container::kNone;
  std::string_view unsupported;  ///< "a map", "a sparse tensor", …: what Headway has no values for.
};

struct GraphProto {
  std::string_view name;
  std::vector<NodeProto> nodes;
  std::vector<protozero::data_view> initializers;
  std::vector<ValueInfoProto> inputs, outputs, value_infos;
  bool has_sparse_initializer = false;
};

struct FunctionProto {
  std::vector<std::string_view> inputs, outputs;
  std::vector<AttributeProto> defaults;  ///< Of arguments.
  std::vector<NodeProto> nodes;
  std::int64_t opset = 0;  ///< Of the default domain; 0: not imported.
};

/// Domain, name and overload.
using FunctionKey = std::tuple<std::string_view, std::string_view, std::string_view>;

struct ModelProto {
  std::optional<GraphProto> graph;
  std::vector<std::pair<std::string_view, std::int64_t>> opsets;  ///< Domain, version.
  std::map<FunctionKey, FunctionProto> functions;
};

/// The default domain has two spellings.
std::string_view canonical_domain(std::string_view domain);

/// These throw protozero::exception if the bytes are no protobuf message, and
/// Error(kInvalidModel) if graphs are nested more than kMaxBodyDepth deep.
ModelProto parse_model(protozero::data_view bytes);
/// A TypeProto.
ValueInfoProto parse_type(protozero::data_view bytes);

/// Throws Error(kUnsupported) naming the value if Headway has no such values.
TensorType type_of(const ValueInfoProto& info, std::string_view role);

/// Of one that holds no graph. Throws Error naming the attribute if its kind (sparse tensor, …) is
/// not supported.
std::pair<std::string, Attribute> parse_attribute(protozero::data_view bytes,
                                                  TensorReader& tensors);

}  // namespace headway::onnx
