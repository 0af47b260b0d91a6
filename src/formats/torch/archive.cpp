#include "formats/torch/archive.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/error.h"
#include "base/strings.h"
#include "formats/torch/pickle.h"

namespace headway::torch {
namespace {

constexpr std::uint64_t kMaxTextBytes = std::uint64_t{1} << 28;
constexpr std::int64_t kNewestVersion = 10;
/// Strided views that are copied may take this much more than the file.
constexpr std::uint64_t kSpareBytes = std::uint64_t{1} << 28;

/// "torch.FloatStorage" to "FloatStorage"; nothing for other classes.
std::optional<std::string> storage_class(std::string_view global) {
  for (const std::string_view module : {"torch.", "torch.cuda.", "torch.storage."}) {
    if (global.starts_with(module) && is_storage_class(global.substr(module.size())))
      return std::string(global.substr(module.size()));
  }
  return std::nullopt;
}

}  // namespace

StorageId parse_storage_id(const PickleObject& id) {
  const auto& items = id.items;
  if (items.size() >= 5) {
    const auto* kind = std::get_if<std::string_view>(&items[0]);
    const PickleObject* type = as(items[1], PickleObject::Kind::kGlobal);
    const auto* key = std::get_if<std::string_view>(&items[2]);
    const auto* elements = std::get_if<std::int64_t>(&items[4]);
    if (kind != nullptr && *kind == "storage" && type != nullptr && key != nullptr &&
        elements != nullptr && *elements >= 0) {
      if (const auto name = storage_class(type->name))
        return {*name, *key, *elements, element_size_of_storage(*name)};
      fail(ErrorCode::kUnsupported, "storages of class ", quote(type->name), " are not supported");
    }
  }
  fail(ErrorCode::kInvalidModel, "the pickle is malformed: a persistent id is no storage");
}

Archive::Archive(const std::shared_ptr<const MappedFile>& file)
    : zip_(file),
      owner_of_([file](std::span<const std::byte> range) { return own_range(file, range); }),
      copy_budget_(std::make_shared<std::uint64_t>(file->size() + kSpareBytes)) {
  look_around();
}

Archive::Archive(std::span<const std::byte> bytes, std::string source, OwnerOf owner_of)
    : zip_(bytes, std::move(source)),
      owner_of_(owner_of ? std::move(owner_of)
                         : [](std::span<const std::byte>) { return nullptr; }),
      copy_budget_(std::make_shared<std::uint64_t>(bytes.size() + kSpareBytes)) {
  look_around();
}

void Archive::look_around() {
  const auto entries = zip_.entries();
  const auto found = std::ranges::find_if(entries, [](const ZipEntry& entry) {
    const std::size_t slash = entry.name.find('/');
    return entry.name.substr(slash == std::string::npos ? 0 : slash + 1) == "data.pkl";
  });
  if (found == entries.end())
    fail(ErrorCode::kInvalidModel, "'", source(),
         "' is no archive of PyTorch's: it has no data.pkl");
  root_ = found->name.substr(0, found->name.size() - std::string_view("data.pkl").size());

  for (const std::string_view record : {"version", ".data/version"}) {
    if (!has(record)) continue;
    const std::string text = read(record);
    std::from_chars(text.data(), text.data() + text.size(), version_);
  }
  if (version_ > kNewestVersion)
    fail(ErrorCode::kUnsupported, "'", source(), "' is an archive of version ", version_,
         "; the newest one supported is ", kNewestVersion);
  if (has("byteorder")) big_endian_ = read("byteorder") == "big";
}

bool Archive::has(std::string_view record) const {
  return zip_.find(root_ + std::string(record)) != nullptr;
}

std::string Archive::read(std::string_view record) const {
  return zip_.read(zip_.at(root_ + std::string(record)), kMaxTextBytes);
}

std::vector<std::string> Archive::records_in(std::string_view folder) const {
  const std::string prefix = concat(root_, folder, "/");
  std::vector<std::string> names;
  for (const ZipEntry& entry : zip_.entries())
    if (entry.name.starts_with(prefix)) names.push_back(entry.name.substr(root_.size()));
  std::ranges::sort(names);
  return names;
}

PickleValue Archive::storage(const PickleObject& id, std::string_view folder) const {
  const StorageId wanted = parse_storage_id(id);
  const std::string name = concat(root_, folder, "/", wanted.key);
  const auto bytes = zip_.view(zip_.at(name));
  if (static_cast<std::uint64_t>(wanted.elements) > bytes.size() / wanted.element_size)
    fail(ErrorCode::kInvalidModel, "a storage of ", wanted.elements, " elements is said to be in ",
         quote(name), ", which has only ", bytes.size(), " bytes");
  auto storage = std::make_shared<Storage>();
  storage->key = wanted.key;
  storage->type = wanted.type;
  storage->dtype = dtype_of_storage(wanted.type);
  storage->bytes = bytes.first(static_cast<std::size_t>(wanted.elements) * wanted.element_size);
  storage->swapped = big_endian_;
  storage->owner_of = owner_of_;
  storage->copy_budget = copy_budget_;
  return std::shared_ptr<const Storage>(std::move(storage));
}

Pickle Archive::unpickle(std::string_view record, std::string_view folder) {
  const std::string& bytes = pickles_.emplace_back(read(record));
  return read_pickle(std::as_bytes(std::span(bytes)), concat("'", source(), "', ", record),
                     [&](const PickleObject& id) { return storage(id, folder); });
}

}  // namespace headway::torch
