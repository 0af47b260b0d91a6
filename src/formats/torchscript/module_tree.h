#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "headway/tensor.h"

#include "formats/torchscript/pickle.h"

namespace headway::torchscript {

/// The modules that own a program's tensors, nested as the dots in the tensors' names say: what
/// nn.Module.state_dict() lists.
class ModuleTree {
 public:
  /// Returns the expression that reads the tensor: `getattr(self.layer1, "0").weight`. A name that
  /// is taken gets a number.
  std::string add(std::string_view name, Tensor tensor);

  /// In the order of their numbers in the archive.
  const std::vector<Tensor>& tensors() const noexcept { return tensors_; }
  /// The classes, the root's last: its methods may follow.
  std::string classes();
  /// The root with everything in it. After classes().
  std::string pickle() const;

 private:
  struct Module {
    std::string class_name;
    std::vector<std::pair<std::string, std::size_t>> tensors;  ///< Attributes and their numbers.
    std::vector<std::pair<std::string, std::unique_ptr<Module>>> children;
  };

  static bool is_taken(const Module& module, std::string_view attribute);
  static Module* find_child(Module& module, std::string_view attribute);
  bool is_parameter(std::string_view attribute, std::size_t number) const;
  std::string members(const Module& module) const;
  void name_classes(Module& module, std::string& text);
  void pickle_module(PickleWriter& pickle, const Module& module) const;

  Module root_;
  std::vector<Tensor> tensors_;
  std::unordered_map<std::string, std::string> class_of_members_;
};

}  // namespace headway::torchscript
