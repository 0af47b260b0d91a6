#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "formats/torchscript/reader/syntax.h"
#include "graph/graph.h"

/// What expressions evaluate to while a program is turned into a graph: everything but tensors is
/// known, tensors are values of the graph.
namespace headway::script {

/// Known only when the program runs: a 1-D integer value with one element.
struct SymInt {
  Value* value = nullptr;
  Dim dim;  ///< The input's extent that it is, if it is one.
};

/// A condition that cannot be decided from what is known. If one branch only raises an exception,
/// the other one is taken.
struct Undecided {
  std::string because;
  /// The condition is `dim == extent` (or != if negated).
  Dim dim;
  std::int64_t extent = -1;
  bool negated = false;
  Value* value = nullptr;  ///< One bool, if the model can compute it.
};

struct TensorCell;
struct ListData;
struct TupleData;
struct DictData;
struct ObjectData;
struct FunctionRef;
using TensorRef = std::shared_ptr<TensorCell>;
using ListRef = std::shared_ptr<ListData>;
using TupleRef = std::shared_ptr<TupleData>;
using DictRef = std::shared_ptr<DictData>;
using ObjectRef = std::shared_ptr<ObjectData>;

/// An integer that may be symbolic.
using Extent = std::variant<std::int64_t, SymInt>;

using IValue = std::variant<std::monostate, bool, std::int64_t, double, std::string, SymInt,
                            Undecided, TensorRef, ListRef, TupleRef, DictRef, ObjectRef,
                            std::shared_ptr<const FunctionRef>>;

struct ListData {
  std::vector<IValue> items;
  /// Tensors whose number only a run knows, along a first axis; there are no items then.
  Value* stacked = nullptr;
};
struct TupleData {
  std::vector<IValue> items;
  const Class* type = nullptr;  ///< Of a NamedTuple.
};
struct DictData {
  std::vector<std::pair<IValue, IValue>> items;
};
struct ObjectData {
  std::string class_name;
  std::string path;  ///< "layer1.0" of a submodule; "" of the module itself.
  std::map<std::string, IValue, std::less<>> attributes;
  bool is_module = false;  ///< Of the archive.
};
struct FunctionRef {
  const Function* function = nullptr;
  const Class* type = nullptr;  ///< A class to be called, if there is no function.
  ObjectRef self;               ///< Of a method.
};

/// A tensor variable. Programs write to tensors and see the writes through views; cells keep track
/// of who shares memory with whom, so that the graph needs no writes.
struct TensorCell {
  Value* value = nullptr;
  TensorRef base;  ///< What this is a view of.
  /// Recomputes the view, and puts a changed one into its base. Both empty: it may or may not share
  /// memory with the base.
  std::function<Value*(Value* base)> view;
  std::function<Value*(Value* base, Value* part)> scatter;
  std::uint64_t version = 0;       ///< Goes up with every change.
  std::uint64_t base_version = 0;  ///< Of the base, when `value` was computed.
  int depth = 0;                   ///< How many views away from a tensor of its own.
  bool is_attribute = false;       ///< Of a module; must not change.
  bool ambiguous = false;          ///< Changed through a view that may or may not be one.
  /// What a branch or loop chose it from, with versions, where writes may be seen: it is read until
  /// one of them changes, and never written.
  std::vector<std::pair<TensorRef, std::uint64_t>> chosen_from;
};

TensorRef make_tensor(Value* value);
TensorRef make_view(const TensorRef& base, Value* value, std::function<Value*(Value*)> view,
                    std::function<Value*(Value*, Value*)> scatter);
/// Perhaps a view, perhaps a copy.
TensorRef make_either(const TensorRef& base, Value* value);

/// The tensor's current value. Throws Error(kUnsupported) if it depends on memory being shared or
/// not.
Value* read(const TensorRef& cell);
/// Changes the tensor, and what it is a view of. Throws Error(kUnsupported) for attributes.
void write(const TensorRef& cell, Value* value);

/// Lets go of what a list, tuple, dict or object holds: of chains and cycles nothing is left.
void release_parts(const IValue& value);

inline bool is_none(const IValue& value) {
  return std::holds_alternative<std::monostate>(value);
}
/// An int, an extent or a float.
inline bool is_number(const IValue& value) {
  return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<SymInt>(value) ||
         std::holds_alternative<double>(value);
}
/// "a tensor", "an int": for messages.
std::string kind_of(const IValue& value);

}  // namespace headway::script
