#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <protozero/data_view.hpp>

#include "formats/onnx/tensor.h"
#include "graph/attribute.h"
#include "graph/type.h"

/// The parts of an ONNX model as they stand in the file: views into its bytes, nothing resolved.
namespace headway::onnx {

struct NodeProto {
  std::string_view name, op_type, domain;
  std::vector<std::string_view> inputs, outputs;  ///< "" where omitted.
  std::vector<protozero::data_view> attributes;

  /// "node 'conv1' (Conv)"; by its first output if it has no name.
  std::string described() const;
};

struct GraphProto {
  std::string_view name;
  std::vector<NodeProto> nodes;
  std::vector<protozero::data_view> initializers, inputs, outputs, value_infos;
  bool has_sparse_initializer = false;
};

struct ModelProto {
  std::optional<GraphProto> graph;
  std::vector<std::pair<std::string_view, std::int64_t>> opsets;      ///< Domain, version.
  std::set<std::pair<std::string_view, std::string_view>> functions;  ///< Domain, name.
};

struct ValueInfoProto {
  std::string_view name;
  std::optional<std::int64_t> element_code;  ///< TensorProto.DataType; nullopt: not a tensor.
  std::optional<SymbolicShape> shape;        ///< Extents that are not positive are unknown.
};

/// The default domain has two spellings.
std::string_view canonical_domain(std::string_view domain);

/// These throw protozero::exception if the bytes are no protobuf message.
ModelProto parse_model(protozero::data_view bytes);
ValueInfoProto parse_value_info(protozero::data_view bytes);

/// Throws Error naming the attribute if its kind (subgraph, sparse tensor, …) is not supported.
std::pair<std::string, Attribute> parse_attribute(protozero::data_view bytes,
                                                  TensorReader& tensors);

}  // namespace headway::onnx
