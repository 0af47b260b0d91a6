#include "formats/torchscript/reader/outputs.h"

#include "base/error.h"

namespace headway::script {
namespace {

std::string part(const std::string& name, const std::string& field) {
  return name.empty() ? field : name + "." + field;
}

}  // namespace

void Outputs::add(const IValue& value, const std::string& name) {
  constexpr std::size_t kMaxOutputs = 10'000, kMaxName = 1000;
  if (count_ > kMaxOutputs || name.size() > kMaxName)
    fail(ErrorCode::kUnsupported, "what it returns is nested too deeply");
  if (const auto* cell = std::get_if<TensorRef>(&value)) return add_tensor(read(*cell), name);
  if (const auto* tuple = std::get_if<TupleRef>(&value)) {
    for (std::size_t i = 0; i < (*tuple)->items.size(); ++i)
      add((*tuple)->items[i], (*tuple)->type != nullptr && i < (*tuple)->type->fields.size()
                                  ? part(name, (*tuple)->type->fields[i])
                                  : part(name, std::to_string(i)));
  } else if (const auto* list = std::get_if<ListRef>(&value)) {
    if ((*list)->stacked != nullptr) add_tensor((*list)->stacked, name);
    for (std::size_t i = 0; i < (*list)->items.size(); ++i)
      add((*list)->items[i], part(name, std::to_string(i)));
  } else if (const auto* dict = std::get_if<DictRef>(&value)) {
    for (const auto& [key, item] : (*dict)->items) {
      const auto* text = std::get_if<std::string>(&key);
      add(item, part(name, text != nullptr ? *text : std::to_string(count_)));
    }
  } else if (const auto* symbolic = std::get_if<SymInt>(&value)) {
    add_tensor(symbolic->value, name);
  }
  // Numbers and None are known already.
}

void Outputs::finish() {
  if (names_.empty()) fail(ErrorCode::kUnsupported, "its program returns no tensor");
  Graph& graph = graph_.graph();
  graph.erase_dead();
  for (const auto& [value, name] : names_)
    if (graph.find(name) == nullptr) graph.rename(value, name);
}

void Outputs::add_tensor(Value* value, const std::string& name) {
  const bool is_computed = value->producer() != nullptr && taken_.insert(value).second;
  Value* output = is_computed ? value : graph_.graph().add_node("Identity", {value})->output();
  output->type = value->type;
  graph_.graph().add_output(output);
  const bool is_number = name.find_first_not_of("0123456789") == std::string::npos;
  names_.emplace_back(output, name.empty() ? "output" : is_number ? "output_" + name : name);
  ++count_;
}

}  // namespace headway::script
