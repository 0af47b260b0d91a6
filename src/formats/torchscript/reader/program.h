#pragma once

#include <map>
#include <string>
#include <string_view>

#include "formats/torch/archive.h"
#include "formats/torchscript/reader/ivalue.h"

namespace headway::script {

/// The code and the objects of an archive. Files of code are parsed when they are asked for.
class Program {
 public:
  explicit Program(torch::Archive& archive);

  /// By qualified name ("__torch__.torch.nn.functional.relu"); nullptr if there is none.
  const Function* find_function(const std::string& name);
  const Class* find_class(const std::string& name);

  /// data.pkl and constants.pkl. Strings in them point into the archive.
  const torch::PickleValue& module() const noexcept { return module_.root; }
  /// Throws Error(kInvalidModel) if there are not that many.
  const torch::PickleValue& constant(std::size_t index) const;

  const std::string& source() const noexcept { return archive_.source(); }

 private:
  /// nullptr if there is no such file. `name` becomes what follows the file's own name.
  const SourceFile* file_of(std::string& name);

  torch::Archive& archive_;
  torch::Pickle module_, constants_;
  std::map<std::string, SourceFile> files_;  ///< By the qualified name they stand for.
};

}  // namespace headway::script
