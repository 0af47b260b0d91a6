#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "formats/torchscript/reader/ivalue.h"
#include "formats/torchscript/reader/typed_graph.h"

namespace headway::script {

/// Marks the tensors in a result as outputs, under names that say where they are in it.
class Outputs {
 public:
  explicit Outputs(TypedGraph& graph) : graph_(graph) {}

  void add(const IValue& value, const std::string& name);
  /// Removes what no output needs, and names the outputs.
  void finish();

 private:
  void add_tensor(Value* value, const std::string& name);

  TypedGraph& graph_;
  std::set<const Value*> taken_;
  std::vector<std::pair<Value*, std::string>> names_;
  std::size_t count_ = 0;
};

}  // namespace headway::script
