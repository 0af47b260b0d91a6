#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/mapped_file.h"
#include "base/zip.h"
#include "formats/torch/pickle_value.h"

namespace headway::torch {

/// The zip archive that torch.save and torch.jit.save write: pickles, source code and the elements
/// of tensors as entries below one folder.
class Archive {
 public:
  /// Throws Error(kInvalidModel) if it is no sound archive of PyTorch's, Error(kUnsupported) if its
  /// version is newer than any known.
  explicit Archive(const std::shared_ptr<const MappedFile>& file);
  /// The same for bytes in memory. Tensors keep them alive if there is an owner; otherwise they
  /// outlive everything that is read.
  Archive(std::span<const std::byte> bytes, std::string source, OwnerOf owner_of = {});

  bool has(std::string_view record) const;
  /// Contents of the entry <root>/<record>.
  std::string read(std::string_view record) const;
  /// All below <root>/<folder>/, by name.
  std::vector<std::string> records_in(std::string_view folder) const;

  /// Reads a pickle whose tensors have their elements in <root>/<folder>/. They borrow from the
  /// mapped file. The archive outlives the result.
  Pickle unpickle(std::string_view record, std::string_view folder);

  std::int64_t version() const noexcept { return version_; }
  const std::string& source() const noexcept { return zip_.source(); }

 private:
  void look_around();
  PickleValue storage(const PickleObject& id, std::string_view folder) const;

  ZipReader zip_;
  OwnerOf owner_of_;
  std::string root_;  ///< With a slash at its end, unless empty.
  std::int64_t version_ = 0;
  bool big_endian_ = false;
  std::shared_ptr<std::uint64_t> copy_budget_;
  std::deque<std::string> pickles_;
};

/// A persistent id: ("storage", class, key, location, elements, …).
struct StorageId {
  std::string type;  ///< "FloatStorage"
  std::string_view key;
  std::int64_t elements = 0;
  std::size_t element_size = 1;
};

/// Throws Error(kInvalidModel) if it is malformed.
StorageId parse_storage_id(const PickleObject& id);

}  // namespace headway::torch
