#include <utility>

#include "formats/torchscript/reader/interpreter.h"

namespace headway::script {
namespace {

using Kind = torch::PickleObject::Kind;

constexpr int kMaxDepth = 100;
constexpr std::string_view kPrefix = "__torch__.";

}  // namespace

ObjectRef Interpreter::module() {
  if (module_) return module_;
  const IValue root = load(program_.module(), "");
  const auto* object = std::get_if<ObjectRef>(&root);
  if (object == nullptr)
    fail(ErrorCode::kInvalidModel, "data.pkl holds ", kind_of(root), " instead of a module");
  return module_ = *object;
}

/// Objects stay in the pickle until their attributes are asked for.
IValue Interpreter::load(const torch::PickleValue& value, const std::string& path, int depth) {
  if (depth > kMaxDepth)
    fail(ErrorCode::kInvalidModel, "the attribute ", path, " is nested too deeply");
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* tensor = std::get_if<Tensor>(&value)) {
    TensorRef cell = make_tensor(graph_.constant(*tensor, path));
    cell->is_attribute = true;
    return cell;
  }
  const auto* pointer = std::get_if<const torch::PickleObject*>(&value);
  if (pointer == nullptr) return {};
  const torch::PickleObject& object = **pointer;
  std::vector<IValue> items;
  if (object.kind != Kind::kRecord)
    for (std::size_t i = 0; i < object.items.size(); ++i)
      items.push_back(load(object.items[i], concat(path, ".", i), depth + 1));
  switch (object.kind) {
    case Kind::kList:
      return std::make_shared<ListData>(ListData{std::move(items)});
    case Kind::kTuple:
      return std::make_shared<TupleData>(TupleData{std::move(items), nullptr});
    case Kind::kDict: {
      auto dict = std::make_shared<DictData>();
      for (std::size_t i = 0; i + 1 < items.size(); i += 2)
        dict->items.emplace_back(std::move(items[i]), std::move(items[i + 1]));
      return dict;
    }
    case Kind::kGlobal:
      return object.name;
    case Kind::kRecord:
      break;
  }
  if (object.name == "torch.device") return std::string("cpu");
  if (!object.name.starts_with(kPrefix))
    fail(ErrorCode::kUnsupported, "the attribute ", path, " is an object of ", object.name);
  ObjectRef& known = objects_[&object];
  if (!known) {
    known = std::make_shared<ObjectData>();
    known->class_name = object.name;
    known->path = path;
    known->is_module = true;
    if (const torch::PickleObject* state = torch::as(object.state, Kind::kDict))
      states_[known.get()] = state;
  }
  return known;
}

IValue Interpreter::constant(std::size_t index) {
  const auto found = constants_.find(index);
  if (found != constants_.end()) return found->second;
  return constants_[index] = load(program_.constant(index), concat("constants.", index));
}

}  // namespace headway::script
