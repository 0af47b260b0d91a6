#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/strings.h"
#include "graph/graph.h"

namespace headway {
namespace {

template <typename T>
T get(const Node& node, std::string_view name, T otherwise) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return otherwise;
  if (const T* value = std::get_if<T>(&found->second)) return *value;
  fail(ErrorCode::kInvalidModel, node.described(), ": attribute '", name, "' is of kind ",
       kind_of(found->second), ", but must be of kind ", kind_of(Attribute(T{})));
}

}  // namespace

void Node::set_input(std::size_t index, Value* value) {
  if (index >= inputs_.size()) inputs_.resize(index + 1, nullptr);
  Value* previous = std::exchange(inputs_[index], value);
  if (previous != nullptr)
    previous->users_.erase(std::find(previous->users_.begin(), previous->users_.end(), this));
  if (value != nullptr) value->users_.push_back(this);
}

std::int64_t Node::get_int(std::string_view attribute, std::int64_t otherwise) const {
  return get(*this, attribute, otherwise);
}

float Node::get_float(std::string_view attribute, float otherwise) const {
  return get(*this, attribute, otherwise);
}

std::string Node::get_string(std::string_view attribute, std::string otherwise) const {
  return get(*this, attribute, std::move(otherwise));
}

std::vector<std::int64_t> Node::get_ints(std::string_view attribute,
                                         std::vector<std::int64_t> otherwise) const {
  return get(*this, attribute, std::move(otherwise));
}

std::vector<float> Node::get_floats(std::string_view attribute,
                                    std::vector<float> otherwise) const {
  return get(*this, attribute, std::move(otherwise));
}

const Graph& Node::body(std::string_view attribute) const {
  const Body body = get(*this, attribute, Body());
  if (body == nullptr)
    fail(ErrorCode::kInvalidModel, described(), ": the body '", attribute, "' is missing");
  return *body;
}

std::size_t Node::captures() const {
  const std::int64_t count = get_int("captures", 0);
  if (count < 0 || count > static_cast<std::int64_t>(inputs_.size())) {
    fail(ErrorCode::kInvalidModel, described(), ": captures is ", count, ", but it has ",
         inputs_.size(), " inputs");
  }
  return static_cast<std::size_t>(count);
}

std::string Node::described() const {
  return printable(
      concat("node '", name_, "' (", domain_, domain_.empty() ? "" : ".", op_type_, ")"));
}

}  // namespace headway
