#include "formats/torch/legacy.h"

#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/strings.h"
#include "base/zip_format.h"
#include "formats/torch/archive.h"
#include "formats/torch/pickle.h"

namespace headway::torch {
namespace {

using Kind = PickleObject::Kind;
using namespace std::literals;

// A pickle of the integer 0x1950a86a20f9469cfc6c, and one of the protocol's version.
constexpr std::string_view kMagic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."sv;
constexpr std::int64_t kVersion = 1001;
constexpr std::uint64_t kSpareBytes = std::uint64_t{1} << 28;

class LegacyReader {
 public:
  LegacyReader(std::span<const std::byte> bytes, std::string_view source, const OwnerOf& owner_of)
      : bytes_(bytes),
        source_(source),
        owner_of_(owner_of),
        copy_budget_(std::make_shared<std::uint64_t>(bytes.size() + kSpareBytes)) {}

  Pickle read() {
    position_ = kMagic.size();
    const PickleValue version = plain().root;
    if (const auto* number = std::get_if<std::int64_t>(&version);
        number == nullptr || *number != kVersion)
      fail(ErrorCode::kUnsupported, source_, " is of a version that PyTorch never wrote");
    const Pickle system = plain();
    if (const PickleObject* facts = as(system.root, Kind::kDict)) {
      const PickleValue* little = facts->find("little_endian");
      const auto* flag = little == nullptr ? nullptr : std::get_if<bool>(little);
      swapped_ = flag != nullptr && !*flag;
    }
    // The storages come last, so the object is read twice: first only to know where they are.
    const std::size_t object = position_;
    pickle();
    const Pickle keys = plain();
    find_storages(keys);
    position_ = object;
    found_all_ = true;
    return pickle();
  }

 private:
  template <typename... Args>
  [[noreturn]] void malformed(const Args&... args) const {
    fail(ErrorCode::kInvalidModel, source_, " is malformed: ", args...);
  }

  Pickle pickle() {
    Pickle result = read_pickle(bytes_.subspan(position_), source_,
                                [this](const PickleObject& id) { return load(id); });
    position_ += result.size;
    return result;
  }

  /// One that refers to no storages.
  Pickle plain() {
    Pickle result = read_pickle(
        bytes_.subspan(position_), source_,
        [this](const PickleObject&) -> PickleValue { malformed("a storage where none can be"); });
    position_ += result.size;
    return result;
  }

  PickleValue load(const PickleObject& id) {
    // ("module", class, source file, source): the class.
    const auto* kind = id.items.size() < 2 ? nullptr : std::get_if<std::string_view>(&id.items[0]);
    if (kind != nullptr && *kind == "module") return id.items[1];
    const StorageId wanted = parse_storage_id(id);
    auto& known = storages_[std::string(wanted.key)];
    if (!known) {
      known = std::make_shared<Storage>();
      known->key = wanted.key;
      known->type = wanted.type;
      known->dtype = dtype_of_storage(wanted.type);
      known->missing = true;
      known->swapped = swapped_;
      known->owner_of = owner_of_;
      known->copy_budget = copy_budget_;
    }
    if (found_all_ && known->missing) malformed("storage ", quote(wanted.key), " is missing");
    if (known->type != wanted.type) malformed("storage ", quote(wanted.key), " has two types");
    if (found_all_ && id.items.size() > 5)
      if (const PickleObject* view = as(id.items[5], Kind::kTuple))
        return part_of(*known, *view, wanted.element_size);
    return std::shared_ptr<const Storage>(known);
  }

  /// (key, offset, elements): a storage inside of another one, as the oldest files have them.
  PickleValue part_of(const Storage& whole, const PickleObject& view, std::size_t size) const {
    const auto* offset =
        view.items.size() == 3 ? std::get_if<std::int64_t>(&view.items[1]) : nullptr;
    const auto* count =
        view.items.size() == 3 ? std::get_if<std::int64_t>(&view.items[2]) : nullptr;
    const auto available = static_cast<std::int64_t>(whole.bytes.size() / size);
    if (offset == nullptr || count == nullptr || *offset < 0 || *count < 0 || *offset > available ||
        *count > available - *offset)
      malformed("a view lies outside of storage ", quote(whole.key));
    auto part = std::make_shared<Storage>(whole);
    part->bytes = whole.bytes.subspan(static_cast<std::size_t>(*offset) * size,
                                      static_cast<std::size_t>(*count) * size);
    return std::shared_ptr<const Storage>(std::move(part));
  }

  /// In the order of the list: the number of elements, then the elements.
  void find_storages(const Pickle& keys) {
    const PickleObject* list = as(keys.root, Kind::kList);
    if (list == nullptr) malformed("its list of storages is missing");
    for (const PickleValue& item : list->items) {
      const auto* key = std::get_if<std::string_view>(&item);
      const auto found = key == nullptr ? storages_.end() : storages_.find(std::string(*key));
      if (found == storages_.end() || !found->second->missing)
        malformed("its list of storages does not fit its tensors");
      if (bytes_.size() - position_ < sizeof(std::uint64_t)) malformed("it is cut off");
      const auto elements = zip::get<std::uint64_t>(bytes_, position_);
      position_ += sizeof elements;
      Storage& storage = *found->second;
      const std::size_t size = element_size_of_storage(storage.type);
      if (elements > (bytes_.size() - position_) / size) malformed("it is cut off");
      storage.bytes = bytes_.subspan(position_, elements * size);
      storage.missing = false;
      position_ += elements * size;
    }
  }

  std::span<const std::byte> bytes_;
  std::string_view source_;
  const OwnerOf& owner_of_;
  std::shared_ptr<std::uint64_t> copy_budget_;
  std::size_t position_ = 0;
  bool swapped_ = false;
  bool found_all_ = false;
  std::map<std::string, std::shared_ptr<Storage>> storages_;
};

}  // namespace

bool is_legacy(std::span<const std::byte> bytes) noexcept {
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())
      .starts_with(kMagic);
}

Pickle read_legacy(std::span<const std::byte> bytes, std::string_view source,
                   const OwnerOf& owner_of) {
  return LegacyReader(bytes, source, owner_of).read();
}

}  // namespace headway::torch
