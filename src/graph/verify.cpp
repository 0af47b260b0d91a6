#include "graph/verify.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "base/error.h"

namespace headway {
namespace {

/// Walks the graph once, in execution order. Pointers are compared with those already met before
/// they are followed, so that a value that was erased is reported and not read.
class Verifier {
 public:
  explicit Verifier(const Graph& graph) : graph_(graph) {}

  void run() {
    for (const Value* input : graph_.inputs()) define(input, nullptr, "graph input");
    for (const Value* constant : graph_.constants()) {
      define(constant, nullptr, "constant");
      check_constant(constant);
    }
    for (const Node* node : graph_.nodes()) {
      check_inputs(node);
      check_bodies(node);
      for (const Value* output : node->outputs())
        if (output != nullptr) define(output, node, node->described());
    }
    for (const Value* output : graph_.outputs())
      if (!readers_.contains(output)) reject("a graph output is not a value of the graph");
    check_use_lists();
    if (readers_.size() != graph_.value_count()) {
      reject("it holds ", graph_.value_count(), " values, but only ", readers_.size(),
             " are inputs, constants or outputs of nodes");
    }
  }

 private:
  template <typename... Args>
  [[noreturn]] void reject(const Args&... args) const {
    fail(ErrorCode::kInternal, "graph '", graph_.name(), "' is inconsistent: ", args...);
  }

  void define(const Value* value, const Node* producer, const std::string& role) {
    if (value == nullptr) reject("a ", role, " is null");
    if (!readers_.try_emplace(value).second)
      reject("value '", value->name(), "' is defined twice, the second time by ", role);
    if (graph_.find(value->name()) != value)
      reject("value '", value->name(), "' of ", role, " cannot be found by its name");
    if (value->producer() != producer)
      reject("value '", value->name(), "' of ", role, " names another producer");
  }

  void check_constant(const Value* constant) const {
    if (!constant->is_constant()) reject("constant '", constant->name(), "' has no elements");
    const Tensor& tensor = constant->constant();
    const TensorType actual = {tensor.dtype(), to_symbolic(tensor.shape())};
    if (constant->type != actual) {
      reject("constant '", constant->name(), "' has type ", constant->type.to_string(),
             ", but its tensor is ", actual.to_string());
    }
  }

  void check_inputs(const Node* node) {
    for (std::size_t slot = 0; slot < node->inputs().size(); ++slot) {
      const Value* input = node->input(slot);
      if (input == nullptr) continue;
      const auto found = readers_.find(input);
      if (found == readers_.end()) {
        reject(node->described(), " reads at input ", slot,
               " a value that no earlier node and no graph input or constant defines");
      }
      found->second.push_back(node);
    }
  }

  void check_bodies(const Node* node) const {
    for (const auto& [name, attribute] : node->attributes) {
      const Body* body = std::get_if<Body>(&attribute);
      if (body == nullptr) continue;
      if (*body == nullptr) reject(node->described(), " has no body '", name, "'");
      if (node->captures() > (*body)->inputs().size()) {
        reject(node->described(), " captures ", node->captures(), " values, but its body '", name,
               "' has ", (*body)->inputs().size(), " inputs");
      }
      verify(**body);
    }
  }

  void check_use_lists() const {
    for (const auto& [value, readers] : readers_) {
      std::vector<const Node*> listed(value->users().begin(), value->users().end());
      std::vector<const Node*> actual = readers;
      std::ranges::sort(listed);
      std::ranges::sort(actual);
      if (listed != actual) {
        reject("value '", value->name(), "' lists ", listed.size(), " uses, but has ",
               actual.size(), " or other ones");
      }
    }
  }

  const Graph& graph_;
  std::unordered_map<const Value*, std::vector<const Node*>> readers_;
};

}  // namespace

void verify(const Graph& graph) {
  Verifier(graph).run();
}

}  // namespace headway
