#pragma once

#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "formats/torchscript/reader/snapshot.h"
#include "formats/torchscript/reader/typed_graph.h"

namespace headway::script {

/// Two values of the graph's kind, one of which the program goes on with.
using Leaf = std::pair<IValue, IValue>;

/// What a program goes on with after a branch or a trip of a loop that only a run decides: what
/// differs between the two ways is a value that `choose` gives, asked in the same order each time.
class Join {
 public:
  using Choose = std::function<Value*(const Leaf&)>;
  /// Of a list that was empty and got one tensor: all of them along a first axis, or nullptr to
  /// leave the list as it was.
  using Grow = std::function<Value*(Value* element)>;

  /// Without `grow`, lists must not change their length.
  Join(const Snapshot& before, const Snapshot& a, const Snapshot& b, Choose choose, Grow grow = {})
      : before_(before), a_(a), b_(b), choose_(std::move(choose)), grow_(std::move(grow)) {}

  /// The state, which is `before`, becomes the joint one. Throws Error(kUnsupported) if there is
  /// none. Returns what both return.
  std::optional<IValue> apply(Variables& variables);

 private:
  void join_variables(Variables& variables);
  void join_tensor(const TensorRef& cell, const TensorCell& copy);
  void join_list(const ListRef& list, const ListData& copy);
  bool grow(const ListRef& list, const ListData& copy, const ListData& after) const;
  std::optional<IValue> either(const IValue& a, const IValue& b, int depth = 0);
  std::optional<std::vector<IValue>> either(const std::vector<IValue>& a,
                                            const std::vector<IValue>& b, int depth = 0);
  std::optional<IValue> either_list(const ListRef& a, const ListRef& b, int depth);
  IValue either_tensor(const IValue& a, const IValue& b);
  void free_unshared();

  const Snapshot& before_;
  const Snapshot& a_;
  const Snapshot& b_;
  Choose choose_;
  Grow grow_;
  /// What is one on both ways stays one.
  std::map<std::pair<const void*, const void*>, IValue> joined_;
  std::map<const void*, const void*> partners_;  ///< Of lists.
  std::map<const TensorCell*, int> uses_;        ///< Of memory, by tensors that were chosen.
  std::vector<TensorRef> chosen_;
};

/// One side of a leaf, as a value of the body that is open; `peer` is the other side.
Value* leaf_value(TypedGraph& graph, const Snapshot& state, const IValue& value,
                  const Snapshot& peer_state, const IValue& peer);

}  // namespace headway::script
