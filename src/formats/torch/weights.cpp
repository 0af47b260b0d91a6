#include "formats/torch/weights.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/error.h"

namespace headway::torch {
namespace {

using Kind = PickleObject::Kind;

constexpr int kMaxDepth = 100;
/// Shared parts are visited as often as they are referred to.
constexpr std::size_t kMaxVisits = 1'000'000;
/// What checkpoints call the state dict, the most specific first.
constexpr std::array<std::string_view, 5> kWrappers = {"state_dict", "model_state_dict",
                                                       "model_state", "model", "net"};

class Collector {
 public:
  void collect(const std::string& name, const PickleValue& value) {
    if (++visits_ > kMaxVisits)
      fail(ErrorCode::kOutOfMemory, "it holds more than ", kMaxVisits, " objects");
    if (const auto* tensor = std::get_if<Tensor>(&value)) tensors.emplace_back(name, *tensor);
    const auto* pointer = std::get_if<const PickleObject*>(&value);
    if (pointer == nullptr || open_.size() == kMaxDepth || !open_.insert(*pointer).second) return;
    collect_parts(name, **pointer);
    open_.erase(*pointer);
  }

  NamedTensors tensors;

 private:
  void collect_parts(const std::string& name, const PickleObject& object) {
    switch (object.kind) {
      case Kind::kDict:
        return collect_dict(name, object);
      case Kind::kList:
      case Kind::kTuple:
        for (std::size_t i = 0; i < object.items.size(); ++i)
          collect(join(name, std::to_string(i)), object.items[i]);
        return;
      case Kind::kRecord:
        if (const PickleObject* state = as(object.state, Kind::kDict)) collect_state(name, *state);
        return;
      case Kind::kGlobal:
        return;
    }
  }

  void collect_dict(const std::string& name, const PickleObject& dict) {
    for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2)
      if (const auto* key = std::get_if<std::string_view>(&dict.items[i]))
        collect(join(name, *key), dict.items[i + 1]);
  }

  /// Of a module: what eager ones keep in three dicts, scripted ones have as attributes.
  void collect_state(const std::string& name, const PickleObject& state) {
    const PickleValue* modules = state.find("_modules");
    if (modules == nullptr) return collect_dict(name, state);
    for (const std::string_view part : {"_parameters", "_buffers", "_modules"}) {
      const PickleValue* value = state.find(part);
      const PickleObject* dict = value == nullptr ? nullptr : as(*value, Kind::kDict);
      if (dict != nullptr) collect_dict(name, *dict);
    }
  }

  static std::string join(const std::string& name, std::string_view part) {
    return name.empty() ? std::string(part) : concat(name, ".", part);
  }

  std::unordered_set<const PickleObject*> open_;
  std::size_t visits_ = 0;
};

bool has_tensors(const PickleObject& dict) {
  return std::ranges::any_of(
      dict.items, [](const PickleValue& item) { return std::holds_alternative<Tensor>(item); });
}

const PickleValue& unwrapped(const PickleValue& root) {
  const PickleValue* value = &root;
  for (int depth = 0; depth < kMaxDepth; ++depth) {
    const PickleObject* dict = as(*value, Kind::kDict);
    if (dict == nullptr || has_tensors(*dict)) break;
    const PickleValue* inner = nullptr;
    for (const std::string_view name : kWrappers) {
      const PickleValue* found = dict->find(name);
      if (inner == nullptr && found != nullptr &&
          (as(*found, Kind::kDict) != nullptr || as(*found, Kind::kRecord) != nullptr))
        inner = found;
    }
    if (inner == nullptr) break;
    value = inner;
  }
  return *value;
}

}  // namespace

NamedTensors tensors_of(const PickleValue& root) {
  Collector collector;
  collector.collect("", unwrapped(root));
  return std::move(collector.tensors);
}

}  // namespace headway::torch
