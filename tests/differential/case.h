#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace headway::differential {

/// Number of a value of a case; kOmitted where an optional input or output is left out.
using ValueId = int;
inline constexpr ValueId kOmitted = -1;

/// A value of a case, with the elements that the reference kernels compute.
struct CaseValue {
  enum class Kind { kInput, kConstant, kComputed };
  Kind kind = Kind::kInput;
  DType dtype = DType::kFloat32;
  bool fixed = false;  ///< Its extents are always told: it holds axes, sizes, ….
  Tensor tensor;       ///< Undefined if the reference refused to compute it.
};

struct CaseNode {
  std::string op_type, domain;
  std::vector<ValueId> inputs, outputs;
  Attributes attributes;
};

/// A small model together with its inputs, as data that is easily taken apart: the same seed always
/// makes the same case.
struct Case {
  std::uint64_t seed = 0;
  std::vector<CaseValue> values;
  std::vector<CaseNode> nodes;  ///< In execution order.
  std::vector<ValueId> outputs;
  bool open_shapes = false;  ///< The model does not tell its inputs' extents.
};

/// The model; values that nothing reads are left out.
Graph graph_of(const Case& wanted);

/// What the model's inputs are, in its order.
std::vector<ValueId> inputs_of(const Case& wanted);

/// "x3", "c3" or "v3": input, constant and computed value number 3.
std::string name_of_value(const Case& wanted, ValueId id);

/// Runs one node on its reference kernel. Throws Error if that refuses.
std::vector<Tensor> evaluate(const CaseNode& node, const std::vector<Tensor>& inputs);

/// Computes all values anew. Throws Error if a reference kernel refuses.
void evaluate(Case& wanted);

/// The case as text that fits on a line: graph and constants.
std::string text_of(const Case& wanted);

}  // namespace headway::differential
