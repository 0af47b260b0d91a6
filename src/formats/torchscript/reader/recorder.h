#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "formats/torchscript/reader/ivalue.h"
#include "formats/torchscript/reader/typed_graph.h"

namespace headway::script {

/// Something about an input must be known before the program can become a graph.
class NeedsExtents : public Error {
 public:
  explicit NeedsExtents(const std::string& message, bool is_located = false)
      : Error(ErrorCode::kUnsupported, message), is_located_(is_located) {}
  /// Whether the message says where in the program it is.
  bool is_located() const noexcept { return is_located_; }

 private:
  bool is_located_;
};

/// What the program itself says about an input that was not known before: reading starts again
/// with it.
struct Refinement {
  std::size_t input;
  TensorType type;
};

using KeywordArguments = std::vector<std::pair<std::string, IValue>>;

/// What is done with tensors becomes nodes of a graph, whoever calls the operators: a program of
/// TorchScript, or the nodes of an exported one.
class Recorder {
 public:
  explicit Recorder(TypedGraph& graph) : graph_(graph) {}

  TypedGraph& graph() const noexcept { return graph_; }

  /// An extent of a tensor. `axis` counts from the end if negative.
  IValue extent_of(Value* value, std::int64_t axis);
  /// The type of an input becomes known: throws Refinement.
  [[noreturn]] void refine(const Value* input, TensorType type) const;
  bool is_input(const Value* value) const;
  /// An input that nothing is known of yet, its rank included.
  bool is_open(const Value* value) const;
  /// "N", or the input's name and the axis.
  Dim symbol_for(const Value* input, std::size_t axis) const;

 protected:
  TypedGraph& graph_;
};

}  // namespace headway::script
