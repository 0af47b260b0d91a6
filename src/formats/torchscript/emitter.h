#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "formats/torchscript/module_tree.h"
#include "formats/torchscript/patterns.h"
#include "graph/graph.h"

namespace headway::torchscript {

/// What is written into the archive.
struct ModuleCode {
  std::string source;  ///< code/__torch__.py
  std::string pickle;  ///< data.pkl
  std::vector<Tensor> tensors;
};

/// Python integer expressions, one per element of a 1-D (or scalar) integer value.
using IntExpressions = std::vector<std::string>;

/// Writes the statements of one node; handed to the functions of the operator table.
///
/// Integer values that are shapes or are computed from shapes are never tensors in the code: they
/// are kept as expressions ("torch.size(x, 0)") and appear where they are used, as they do in
/// eager code.
class Emitter {
 public:
  /// `graph` has inferred types and outlives the emitter.
  explicit Emitter(const Graph& graph);

  /// The class. Used once.
  ModuleCode write() &&;

  const Node& node() const noexcept { return *node_; }
  bool has_input(std::size_t slot) const { return node_->input(slot) != nullptr; }
  const Value& input(std::size_t slot) const;
  /// The extents of an input's type. Throws if its rank is unknown.
  const SymbolicShape& shape(std::size_t slot) const;
  std::int64_t rank(std::size_t slot) const {
    return static_cast<std::int64_t>(shape(slot).size());
  }
  /// `axis`, counted from the front.
  std::int64_t axis(std::int64_t axis, std::int64_t rank) const;
  /// A number that must be known.
  std::int64_t extent(std::size_t slot, std::int64_t axis) const;

  /// An expression for a tensor input.
  std::string tensor(std::size_t slot);
  std::string tensor_of(const Value& value);
  /// "None" if omitted.
  std::string tensor_or_none(std::size_t slot);
  /// A number if the input is a constant with one element and no rank, otherwise a tensor.
  std::string tensor_or_number(std::size_t slot);
  /// A constant 2-D input as the module's own tensor, transposed.
  std::string transposed_constant(const Value& value);

  std::optional<std::vector<std::int64_t>> constant_ints(std::size_t slot) const;
  std::optional<double> constant_number(std::size_t slot) const;
  /// Expressions for an integer input; nullopt if it is an ordinary tensor.
  std::optional<IntExpressions> ints(std::size_t slot) const;
  /// The same, but it must be known.
  IntExpressions need_ints(std::size_t slot) const;

  /// True if nothing else can see the memory of this input, so that it may be overwritten.
  bool may_overwrite(const Value& value) const;
  /// "relu_" where the input may be overwritten, else "relu".
  std::string in_place(std::string_view function, const Value& value) const;

  /// `output = expression`. A fresh result shares memory with nothing.
  void assign(const std::string& expression, std::size_t output = 0);
  /// The same for a result that may share memory with an input.
  void assign_view(const std::string& expression, std::size_t output = 0);
  /// The output is the same tensor as an input.
  void forward_input(std::size_t slot);
  void assign_ints(IntExpressions values);
  /// A statement of its own; returns the name it is given.
  std::string temporary(const std::string& expression);

  template <typename... Args>
  [[noreturn]] void fail(const Args&... args) const {
    headway::fail(ErrorCode::kUnsupported, node_->described(),
                  ": TorchScript cannot express it: ", args...);
  }

 private:
  void emit(const Node& node);
  void emit_pattern(const Pattern& pattern);
  std::string fresh_name(std::string_view wanted);
  std::string materialize(const IntExpressions& values, const Value& value);

  const Graph& graph_;
  Patterns patterns_;
  const Node* node_ = nullptr;
  std::string body_;
  ModuleTree modules_;
  std::unordered_map<const Value*, std::string> variables_;
  std::unordered_map<const Value*, std::string> transposed_;
  std::unordered_map<const Value*, IntExpressions> ints_;
  std::unordered_set<const Value*> fresh_;
  std::unordered_set<std::string> names_;
};

/// "1", "0.5", "inf": as Python writes a float.
std::string number(double value);
/// "[1, 2]"
std::string list(const std::vector<std::int64_t>& values);
std::string list(const std::vector<std::string>& values);
/// "torch.f(a, b)"
std::string call(std::string_view function, const std::vector<std::string>& arguments);
inline std::string truth(bool value) {
  return value ? "True" : "False";
}

}  // namespace headway::torchscript
