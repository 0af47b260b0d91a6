#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "formats/torchscript/reader/ivalue.h"

namespace headway::script {

using Variables = std::unordered_map<std::string, IValue>;

/// What a branch or the body of a loop may change, as it is at one time.
class Snapshot {
 public:
  Variables variables;           ///< Of the function that is running.
  std::optional<IValue> result;  ///< What it returned.

  /// Keeps everything that can be reached from a value, but modules, which nothing may change.
  /// Returns how many values it came by.
  std::int64_t keep(const IValue& value, int depth = 0);
  /// Keeps what the tensors are, views included.
  void read_tensors();
  /// Everything is as it was. Throws Error(kUnsupported) if a dict or an object changed.
  void restore(Variables& now) const;

  bool has(const void* part) const { return seen_.contains(part); }
  const std::vector<std::pair<TensorRef, TensorCell>>& cells() const noexcept { return cells_; }
  const std::vector<std::pair<ListRef, ListData>>& lists() const noexcept { return lists_; }

  /// A tensor as it was read; nullptr if it could not be.
  Value* value_of(const TensorCell* cell) const;
  /// nullptr if it was not kept.
  const TensorCell* find(const TensorRef& cell) const;
  const ListData* find(const ListRef& list) const;

 private:
  std::unordered_map<const void*, std::size_t> seen_;  ///< Where in its list.
  std::vector<std::pair<TensorRef, TensorCell>> cells_;
  std::vector<std::pair<ListRef, ListData>> lists_;
  std::vector<std::pair<DictRef, DictData>> dicts_;
  std::vector<std::pair<ObjectRef, ObjectData>> objects_;
  std::unordered_map<const TensorCell*, Value*> values_;
};

/// Numbers, texts and values of the graph that are equal; of everything else, the same one.
bool same(const IValue& a, const IValue& b);
bool same(const std::vector<IValue>& a, const std::vector<IValue>& b);

}  // namespace headway::script
