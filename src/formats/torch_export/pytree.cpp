#include "formats/torch_export/pytree.h"

#include <optional>

#include "base/error.h"
#include "formats/torchscript/reader/call.h"

namespace headway::torch_export {
namespace {

using script::IValue;

class Unflattener {
 public:
  Unflattener(std::vector<IValue> leaves, const Json& program)
      : leaves_(std::move(leaves)), program_(program) {}

  /// nullopt if there are not as many leaves as places.
  std::optional<IValue> run(const Json& node) {
    IValue root = build(node);
    if (missing_ || next_ != leaves_.size()) return std::nullopt;
    return root;
  }

 private:
  IValue build(const Json& node) {
    const Json* type = find(node, "type");
    const Json* parts = find(node, "children_spec");
    if (type == nullptr) {
      missing_ = missing_ || next_ >= leaves_.size();
      return missing_ ? IValue() : leaves_[next_++];
    }
    std::vector<IValue> items;
    if (parts != nullptr)
      for (const Json& part : array(*parts)) items.push_back(build(part));
    const std::vector<std::string> names = names_of(node, text(*type), items.size());
    if (names.size() != items.size()) return script::list_of(std::move(items));
    auto dict = std::make_shared<script::DictData>();
    for (std::size_t i = 0; i < items.size(); ++i)
      dict->items.emplace_back(names[i], std::move(items[i]));
    return dict;
  }

  /// The keys of a dict or the fields of a class; empty if it has none.
  std::vector<std::string> names_of(const Json& node, const std::string& type, std::size_t count) {
    if (type == "builtins.list" || type == "builtins.tuple") return {};
    const Json* context = find(node, "context");
    if (context == nullptr || !context->is_string()) return {};
    const Json held = Json::parse(text(*context), nullptr, false);
    if (held.is_string()) return fields_of(text(held));
    return names_in(held, count, 0);
  }

  std::vector<std::string> fields_of(const std::string& named_tuple) const {
    const Json* all = find(program_, "treespec_namedtuple_fields");
    const Json* one = all == nullptr ? nullptr : find(*all, named_tuple);
    std::vector<std::string> names;
    if (one != nullptr)
      for (const Json& name : array(member(*one, "field_names"))) names.push_back(text(name));
    return names;
  }

  /// The first list of that many names.
  static std::vector<std::string> names_in(const Json& context, std::size_t count, int depth) {
    if (depth > 2 || !context.is_array()) return {};
    std::vector<std::string> names;
    for (const Json& name : context) {
      if (name.is_string()) names.push_back(name.get<std::string>());
      if (name.is_number_integer()) names.push_back(name.dump());
    }
    if (names.size() == count && names.size() == context.size()) return names;
    for (const Json& part : context)
      if (auto found = names_in(part, count, depth + 1); !found.empty()) return found;
    return {};
  }

  std::vector<IValue> leaves_;
  const Json& program_;
  std::size_t next_ = 0;
  bool missing_ = false;
};

}  // namespace

IValue unflattened(const Json& specification, std::vector<IValue> leaves, const Json& program) {
  const Json tree = parse_json(text(specification), "the structure of its outputs");
  constexpr int kProtocol = 1;
  if (tree.is_array() && tree.size() == 2 && tree[0] == kProtocol && tree[1].is_object())
    if (auto root = Unflattener(leaves, program).run(tree[1])) return *root;
  return script::list_of(std::move(leaves));
}

}  // namespace headway::torch_export
