#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "graph/graph.h"

namespace headway {

/// What a shape rule sees of one node. The rule sets every output's type.
class InferContext {
 public:
  virtual ~InferContext() = default;

  virtual const Node& node() const = 0;
  std::size_t input_count() const { return node().inputs().size(); }
  bool has_input(std::size_t index) const { return node().input(index) != nullptr; }
  /// Throws Error(kInvalidModel) naming the node if a required input is omitted.
  const TensorType& input(std::size_t index) const;
  /// The input's shape if all of its extents are numbers.
  std::optional<Shape> static_input(std::size_t index) const { return input(index).static_shape(); }
  /// The input's elements if they are known at this point (a constant, or computed from constants
  /// and static shapes); an undefined Tensor otherwise.
  virtual Tensor constant_input(std::size_t index) const = 0;
  /// A 1-D (or scalar) integer input seen as extents, some of them perhaps symbolic: what Shape,
  /// Gather, Concat, … compute on the way to Reshape. nullopt if unknown.
  virtual std::optional<SymbolicShape> input_as_shape(std::size_t index) const = 0;

  virtual void set_output(std::size_t index, TensorType type) = 0;
  /// Records what is known of the elements of an integer output (see input_as_shape).
  virtual void set_output_as_shape(std::size_t index, SymbolicShape elements) = 0;

  /// Throws Error(kInvalidModel): "node 'x' (Op): <sentence>".
  template <typename... Args>
  [[noreturn]] void fail(const Args&... args) const {
    headway::fail(ErrorCode::kInvalidModel, node().described(), ": ", args...);
  }

 private:
  virtual const TensorType& input_type(std::size_t index) const = 0;
};

/// Kinds in the order of the Attribute variant's alternatives.
enum class AttributeKind { kInt, kFloat, kString, kInts, kFloats, kStrings, kTensor, kGraph };

struct AttributeSpec {
  std::string_view name;
  AttributeKind kind;
  bool required = false;
};

/// The plain kernel that defines what the operator means. `inputs` has one entry per node input
/// (undefined where omitted); `outputs` are allocated with the inferred dtypes and static shapes
/// (undefined where omitted). Floating-point sums are accumulated in double. Throws Error on data
/// it must refuse.
using ReferenceKernel = void (*)(const Node& node, std::span<const Tensor> inputs,
                                 std::span<Tensor> outputs);

/// What an evaluation may use besides its operands.
class EvaluateContext {
 public:
  virtual ~EvaluateContext() = default;

  /// Runs a body: one datum for each of its inputs.
  virtual std::vector<Datum> run(const Graph& body, std::span<const Datum> inputs) = 0;

  /// Throws Error(kOutOfMemory) naming the node if it would need more than may be used.
  virtual void check_memory(const Node& node, std::uint64_t bytes) const = 0;
};

/// Computes a node whose outputs are no tensors, or whose shapes are known only afterwards.
/// `inputs` has one entry per node input (nothing where omitted); returns one per node output.
using Evaluate = std::vector<Datum> (*)(const Node& node, std::span<const Datum> inputs,
                                        EvaluateContext& context);

struct Operator {
  std::string_view name;
  std::string_view domain;     ///< "" for ONNX, "headway" for fused internal ones.
  int since_version;           ///< The opset whose meaning is implemented.
  int min_inputs, max_inputs;  ///< max_inputs = kVariadic: any number.
  int min_outputs, max_outputs;
  std::vector<AttributeSpec> attributes;
  void (*infer)(InferContext& context);
  ReferenceKernel reference;  ///< nullptr if there is only `evaluate`.
  Evaluate evaluate = nullptr;

  static constexpr int kVariadic = 1 << 30;
};

/// nullptr if unknown.
const Operator* find_operator(std::string_view name, std::string_view domain = "");

/// Every operator, sorted by domain and name.
std::span<const Operator> all_operators();

/// The operator of a node. Throws Error(kUnsupported) naming operator and node.
const Operator& operator_of(const Node& node);

/// Checks arity and attributes (unknown, missing, wrong kind) and sets the type of every value of
/// the graph from its inputs' types. `bindings` are concrete shapes for graph inputs, by position
/// (empty: keep the declared, perhaps symbolic, types). Throws Error(kInvalidModel) naming the
/// node, or Error(kInvalidArgument) if a binding contradicts the declared type.
void infer_types(Graph& graph, std::span<const Shape> bindings = {});

/// Most that a node may allocate for its outputs, or a loop for what it collects, in bytes.
inline constexpr std::uint64_t kNoMemoryLimit = ~std::uint64_t{0};

/// Runs one node on its reference kernel, or evaluates it. With a reference kernel, the outputs'
/// shapes are inferred from the inputs.
std::vector<Datum> evaluate_node(const Node& node, std::span<const Datum> inputs,
                                 EvaluateContext& context);

/// Runs a whole graph on reference kernels, in order; frees intermediate values as soon as they are
/// dead. The strict reference every fast path is compared with. Throws Error(kInvalidArgument) if
/// the inputs do not fit the graph's.
std::vector<Datum> interpret(const Graph& graph, std::span<const Datum> inputs,
                             std::uint64_t memory_limit = kNoMemoryLimit);

// The same where all that goes in and comes out is tensors.

std::vector<Tensor> run_reference(const Node& node, std::span<const Tensor> inputs);
std::vector<Tensor> run_reference(const Graph& graph, std::span<const Tensor> inputs);

/// Throws Error(kInvalidArgument) naming the input if the datum does not fit its declared type.
void check_input(const Value& declared, const Datum& given);

}  // namespace headway
