#include "formats/torchscript/reader/program.h"

#include <algorithm>

#include "base/error.h"

namespace headway::script {

Program::Program(torch::Archive& archive) : archive_(archive) {
  module_ = archive.unpickle("data.pkl", "data");
  if (archive.has("constants.pkl")) constants_ = archive.unpickle("constants.pkl", "constants");
}

const torch::PickleValue& Program::constant(std::size_t index) const {
  const torch::PickleObject* tuple = torch::as(constants_.root, torch::PickleObject::Kind::kTuple);
  if (tuple == nullptr) tuple = torch::as(constants_.root, torch::PickleObject::Kind::kList);
  if (tuple == nullptr || index >= tuple->items.size())
    fail(ErrorCode::kInvalidModel, "the archive has no constant ", index);
  return tuple->items[index];
}

const SourceFile* Program::file_of(std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return nullptr;
  const std::string module = name.substr(0, dot);
  name.erase(0, dot + 1);
  auto found = files_.find(module);
  if (found == files_.end()) {
    std::string record = module;
    std::ranges::replace(record, '.', '/');
    record = "code/" + record + ".py";
    if (!archive_.has(record)) return nullptr;
    const std::string text = archive_.read(record);
    found = files_.emplace(module, parse_source(text, module, record)).first;
  }
  return &found->second;
}

const Function* Program::find_function(const std::string& name) {
  std::string leaf = name;
  const SourceFile* file = file_of(leaf);
  if (file == nullptr) return nullptr;
  const auto found = file->functions.find(leaf);
  return found == file->functions.end() ? nullptr : &found->second;
}

const Class* Program::find_class(const std::string& name) {
  std::string leaf = name;
  const SourceFile* file = file_of(leaf);
  if (file == nullptr) return nullptr;
  const auto found = file->classes.find(leaf);
  return found == file->classes.end() ? nullptr : &found->second;
}

}  // namespace headway::script
