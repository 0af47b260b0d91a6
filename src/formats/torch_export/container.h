#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/mapped_file.h"
#include "base/zip.h"
#include "formats/torch/archive.h"
#include "formats/torch_export/json.h"

namespace headway::torch_export {

/// Of the numbers that exported programs have for dtypes. Throws Error(kUnsupported) for those that
/// Headway has not.
DType dtype_of(const Json& number);

/// The zip archive that torch.export.save writes. Two layouts: up to PyTorch 2.7 a flat one, with
/// the weights as archives of torch.save within it; then one folder with models/, data/weights/ and
/// data/constants/, every tensor an entry of its own.
class Container {
 public:
  /// Throws Error(kInvalidModel) if it is neither, Error(kUnsupported) for an unknown version.
  explicit Container(const std::shared_ptr<const MappedFile>& file);
  /// The same for bytes in memory, which outlive everything that is read.
  Container(std::span<const std::byte> bytes, std::string source);

  /// The whole program, its schema's version checked.
  const Json& program() const noexcept { return program_; }

  /// A parameter or buffer, or a constant, by its qualified name. Borrows from the mapped file.
  Tensor weight(const std::string& name) { return tensor(weights_, name); }
  Tensor constant(const std::string& name);

 private:
  /// The tensors of one folder, or of one archive within the archive.
  struct Collection {
    std::string folder;           ///< Of entries for each tensor.
    std::optional<Json> entries;  ///< Name to description, where each is an entry of its own.
    std::string pickle;           ///< Name of an archive of torch.save otherwise.
    bool is_read = false;
    std::map<std::string, Tensor> tensors;
  };

  void open();
  void open_flat();
  void open_folder(const std::string& root);
  Collection collection(const std::string& folder, const std::string& model,
                        std::string_view kind) const;
  Json read_json(const std::string& entry) const;
  Tensor tensor(Collection& collection, const std::string& name);
  const std::map<std::string, Tensor>* find(Collection& collection, const std::string& name);
  Tensor raw_tensor(const std::string& entry, const Json& meta);
  std::map<std::string, Tensor> pickled(const std::string& entry);
  torch::OwnerOf owner_of() const;

  ZipReader zip_;
  std::shared_ptr<const MappedFile> file_;  ///< nullptr: bytes in memory.
  Json program_;
  Collection weights_, constants_;
  bool big_endian_ = false;
  std::shared_ptr<std::uint64_t> copy_budget_;
};

}  // namespace headway::torch_export
