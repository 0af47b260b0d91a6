#include "formats/torchscript/module_tree.h"

#include <algorithm>

#include "base/error.h"
#include "formats/torchscript/identifier.h"

namespace headway::torchscript {
namespace {

std::vector<std::string> components_of(std::string_view name) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', begin)) {
    parts.emplace_back(name.substr(begin, dot - begin));
    begin = dot + 1;
  }
  parts.emplace_back(name.substr(begin));
  return parts;
}

/// Of a module or tensor that a user may have named: letters, digits and what needs no escape.
bool is_plain(std::string_view part) {
  const auto printable = [](char c) { return c > ' ' && c < 127 && c != '"' && c != '\\'; };
  return !part.empty() && std::ranges::all_of(part, printable) && part != "training" &&
         part != "forward" && !part.starts_with("__");
}

/// The path to a tensor. Names that begin with a slash are those of nodes, not of modules.
std::vector<std::string> path_of(std::string_view name) {
  std::vector<std::string> parts = components_of(name);
  if (name.starts_with('/') || !std::ranges::all_of(parts, is_plain)) return {identifier(name)};
  return parts;
}

std::string member_of(const std::string& object, const std::string& attribute) {
  if (is_identifier(attribute)) return object + "." + attribute;
  return "getattr(" + object + ", \"" + attribute + "\")";
}

std::string declaration(const std::string& attribute, const std::string& type) {
  if (is_identifier(attribute)) return "  " + attribute + " : " + type + "\n";
  return "  __annotations__[\"" + attribute + "\"] = " + type + "\n";
}

}  // namespace

bool ModuleTree::is_taken(const Module& module, std::string_view attribute) {
  const auto same = [&](const auto& member) { return member.first == attribute; };
  return std::ranges::any_of(module.tensors, same) || std::ranges::any_of(module.children, same);
}

ModuleTree::Module* ModuleTree::find_child(Module& module, std::string_view attribute) {
  for (const auto& [name, child] : module.children)
    if (name == attribute) return child.get();
  return nullptr;
}

std::string ModuleTree::add(std::string_view name, Tensor tensor) {
  std::vector<std::string> path = path_of(name);
  std::string attribute = std::move(path.back());
  path.pop_back();
  Module* module = &root_;
  std::string object = "self";
  for (const std::string& part : path) {
    Module* child = find_child(*module, part);
    if (child == nullptr && is_taken(*module, part)) {  // a.b where a is a tensor
      attribute = identifier(name);
      module = &root_;
      object = "self";
      break;
    }
    if (child == nullptr)
      child = module->children.emplace_back(part, std::make_unique<Module>()).second.get();
    module = child;
    object = member_of(object, part);
  }
  const std::string wanted = attribute;
  for (std::size_t i = 1; is_taken(*module, attribute); ++i)
    attribute = wanted + "_" + std::to_string(i);
  module->tensors.emplace_back(attribute, tensors_.size());
  tensors_.push_back(std::move(tensor));
  return member_of(object, attribute);
}

bool ModuleTree::is_parameter(std::string_view attribute, std::size_t number) const {
  return is_floating_point(tensors_[number].dtype()) && !attribute.starts_with("running_") &&
         !attribute.starts_with('_');
}

std::string ModuleTree::members(const Module& module) const {
  std::string parameters, buffers, attributes;
  for (const auto& [name, number] : module.tensors) {
    (is_parameter(name, number) ? parameters : buffers) += "\"" + name + "\", ";
    attributes += declaration(name, "Tensor");
  }
  for (const auto& [name, child] : module.children)
    attributes += declaration(name, "__torch__." + child->class_name);
  return "  __parameters__ = [" + parameters + "]\n  __buffers__ = [" + buffers + "]\n" +
         attributes + "  training : bool\n";
}

/// Modules with the same members share a class, as in PyTorch.
void ModuleTree::name_classes(Module& module, std::string& text) {
  for (const auto& [name, child] : module.children) name_classes(*child, text);
  const std::string text_of_members = members(module);
  if (&module == &root_) {
    module.class_name = "Model";
  } else {
    const auto [found, is_new] = class_of_members_.emplace(
        text_of_members, "Module" + std::to_string(class_of_members_.size()));
    module.class_name = found->second;
    if (!is_new) return;
  }
  text += "class " + module.class_name + "(Module):\n" + text_of_members;
}

std::string ModuleTree::classes() {
  std::string text;
  name_classes(root_, text);
  return text;
}

void ModuleTree::pickle_module(PickleWriter& pickle, const Module& module) const {
  pickle.global("__torch__", module.class_name);
  pickle.empty_tuple();
  pickle.new_object();
  pickle.empty_dict();
  pickle.mark();
  for (const auto& [name, number] : module.tensors) {
    pickle.string(name);
    pickle.tensor(tensors_[number].dtype(), tensors_[number].shape(), std::to_string(number));
  }
  for (const auto& [name, child] : module.children) {
    pickle.string(name);
    pickle_module(pickle, *child);
  }
  pickle.string("training");
  pickle.boolean(false);
  pickle.set_items();
  pickle.build();
}

std::string ModuleTree::pickle() const {
  PickleWriter pickle;
  pickle_module(pickle, root_);
  return std::move(pickle).finish();
}

}  // namespace headway::torchscript
