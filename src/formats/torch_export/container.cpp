#include "formats/torch_export/container.h"

#include <algorithm>

#include "base/error.h"
#include "base/strings.h"
#include "formats/torch/legacy.h"
#include "formats/torch/weights.h"

namespace headway::torch_export {
namespace {

constexpr std::uint64_t kMaxTextBytes = std::uint64_t{1} << 28;
/// Strided weights that are copied may take this much more than the file.
constexpr std::uint64_t kSpareBytes = std::uint64_t{1} << 28;
/// PyTorch 2.5 writes 7, every release since then so far 8.
constexpr std::int64_t kOldestSchema = 7, kNewestSchema = 8;
constexpr std::string_view kFlatProgram = "serialized_exported_program.json";

void check_schema(const Json& program) {
  const Json& version = member(program, "schema_version");
  const std::int64_t major = integer(version.is_object() ? member(version, "major") : version);
  if (major < kOldestSchema || major > kNewestSchema) {
    fail(ErrorCode::kUnsupported, "its program has schema version ", major, ", but only ",
         kOldestSchema, " and ", kNewestSchema,
         " are known; export it again with another release of PyTorch");
  }
}

Shape static_shape(const Json& extents) {
  Shape shape;
  for (const Json& extent : array(extents)) {
    shape.push_back(integer(member(extent, "as_int")));
    if (shape.back() < 0) fail(ErrorCode::kInvalidModel, "a weight has an extent below zero");
  }
  return shape;
}

}  // namespace

DType dtype_of(const Json& number) {
  // ScalarType in PyTorch's torch/_export/serde/schema.py; its own numbers for the rest.
  const std::int64_t given = integer(number);
  const std::int64_t scalar_type = given >= 1 && given <= 12 ? given - 1
                                   : given == 13             ? 15
                                   : given == 28             ? 27
                                   : given == 29             ? 24
                                   : given == 30             ? 23
                                                             : -1;
  const auto dtype = torch::dtype_of_scalar_type(scalar_type);
  if (!dtype) fail(ErrorCode::kUnsupported, "the dtype with number ", given, " is not supported");
  return *dtype;
}

Container::Container(const std::shared_ptr<const MappedFile>& file)
    : zip_(file),
      file_(file),
      copy_budget_(std::make_shared<std::uint64_t>(file->size() + kSpareBytes)) {
  open();
}

Container::Container(std::span<const std::byte> bytes, std::string source)
    : zip_(bytes, std::move(source)),
      copy_budget_(std::make_shared<std::uint64_t>(bytes.size() + kSpareBytes)) {
  open();
}

void Container::open() {
  const auto entries = zip_.entries();
  const auto marker = std::ranges::find_if(entries, [](const ZipEntry& entry) {
    return entry.name == "archive_format" || entry.name.ends_with("/archive_format");
  });
  if (marker != entries.end()) {
    open_folder(marker->name.substr(0, marker->name.rfind('/') + 1));
  } else {
    open_flat();
  }
  check_schema(program_);
}

void Container::open_flat() {
  if (zip_.find(kFlatProgram) == nullptr)
    fail(ErrorCode::kInvalidModel, "it is no archive of torch.export.save: it has no ",
         kFlatProgram);
  program_ = read_json(std::string(kFlatProgram));
  // PyTorch 2.1 calls the same bytes .json.
  for (const std::string_view ending : {".json", ".pt"}) {
    const std::string name = concat("serialized_state_dict", ending);
    if (zip_.find(name) != nullptr) weights_.pickle = name;
  }
  constants_.pickle = "serialized_constants.pt";
}

void Container::open_folder(const std::string& root) {
  const auto line = [&](std::string_view name) {
    std::string held = zip_.read(zip_.at(root + std::string(name)), kMaxTextBytes);
    while (held.ends_with('\n')) held.pop_back();
    return held;
  };
  if (const std::string format = line("archive_format"); format != "pt2")
    fail(ErrorCode::kUnsupported, "its archive format is ", quote(format), ", not 'pt2'");
  if (const std::string version = line("archive_version"); version != "0")
    fail(ErrorCode::kUnsupported, "its archive version is ", quote(version),
         ", but only version 0 is known; export it again with another release of PyTorch");
  if (zip_.find(root + "byteorder") != nullptr) big_endian_ = line("byteorder") == "big";
  const std::string folder = root + "models/";
  std::vector<std::string> models;
  for (const ZipEntry& entry : zip_.entries())
    if (entry.name.starts_with(folder) && entry.name.ends_with(".json"))
      models.push_back(entry.name.substr(folder.size(), entry.name.size() - folder.size() - 5));
  if (models.empty()) {
    fail(ErrorCode::kUnsupported,
         "it holds no exported program (models/*.json); if it is compiled "
         "code of AOTInductor, export the model with torch.export.save");
  }
  if (models.size() > 1)
    fail(ErrorCode::kUnsupported, "it holds ", models.size(), " models; save one in each file");
  program_ = read_json(concat(folder, models[0], ".json"));
  weights_ = collection(root + "data/weights/", models[0], "weights");
  constants_ = collection(root + "data/constants/", models[0], "constants");
}

Container::Collection Container::collection(const std::string& folder, const std::string& model,
                                            std::string_view kind) const {
  Collection result;
  result.folder = folder;
  const std::string config = concat(folder, model, "_", kind, "_config.json");
  if (zip_.find(config) != nullptr) {
    result.entries = member(read_json(config), "config");
  } else {
    result.pickle = concat(folder, model, ".pt");
  }
  return result;
}

Json Container::read_json(const std::string& entry) const {
  return parse_json(zip_.read(zip_.at(entry), kMaxTextBytes), quote(entry));
}

Tensor Container::constant(const std::string& name) {
  // Buffers that are not part of the state lie among the constants, and the other way round.
  if (const auto* found = find(constants_, name)) return found->at(name);
  return tensor(weights_, name);
}

Tensor Container::tensor(Collection& collection, const std::string& name) {
  if (const auto* found = find(collection, name)) return found->at(name);
  fail(ErrorCode::kInvalidModel, "the archive has no tensor ", quote(name));
}

/// Where it is, read; nullptr if it is not there.
const std::map<std::string, Tensor>* Container::find(Collection& collection,
                                                     const std::string& name) {
  if (collection.tensors.contains(name)) return &collection.tensors;
  if (!collection.entries) {
    if (!collection.is_read && zip_.find(collection.pickle) != nullptr)
      collection.tensors = pickled(collection.pickle);
    collection.is_read = true;
    return collection.tensors.contains(name) ? &collection.tensors : nullptr;
  }
  const Json* entry = torch_export::find(*collection.entries, name);
  if (entry == nullptr) return nullptr;
  const std::string path = collection.folder + text(member(*entry, "path_name"));
  if (const Json* is_pickle = torch_export::find(*entry, "use_pickle");
      is_pickle != nullptr && flag(*is_pickle)) {
    auto held = pickled(path);
    if (held.size() != 1)
      fail(ErrorCode::kUnsupported, quote(path), " holds ", held.size(), " tensors instead of one");
    collection.tensors.emplace(name, held.begin()->second);
  } else {
    collection.tensors.emplace(name, raw_tensor(path, member(*entry, "tensor_meta")));
  }
  return &collection.tensors;
}

torch::OwnerOf Container::owner_of() const {
  return [file = file_](std::span<const std::byte> range) {
    return file ? own_range(file, range) : nullptr;
  };
}

Tensor Container::raw_tensor(const std::string& entry, const Json& meta) {
  torch::Storage storage;
  storage.key = entry;
  storage.bytes = zip_.view(zip_.at(entry));
  storage.swapped = big_endian_;
  storage.owner_of = owner_of();
  storage.copy_budget = copy_budget_;
  const Json* offset = torch_export::find(meta, "storage_offset");
  return torch::view_of(storage, dtype_of(member(meta, "dtype")),
                        offset == nullptr ? 0 : integer(member(*offset, "as_int")),
                        static_shape(member(meta, "sizes")), static_shape(member(meta, "strides")));
}

std::map<std::string, Tensor> Container::pickled(const std::string& entry) {
  const ZipEntry& found = zip_.at(entry);
  std::span<const std::byte> bytes;
  torch::OwnerOf owner = owner_of();
  if (found.deflated) {
    const auto text = std::make_shared<const std::string>(zip_.read(found));
    bytes = std::as_bytes(std::span(*text));
    owner = [text](std::span<const std::byte>) { return text; };
  } else {
    bytes = zip_.view(found);
  }
  const std::string source = concat(zip_.source(), ", ", entry);
  torch::NamedTensors tensors;
  if (torch::is_legacy(bytes)) {
    tensors = torch::tensors_of(torch::read_legacy(bytes, source, owner).root);
  } else {
    torch::Archive archive(bytes, source, owner);
    tensors = torch::tensors_of(archive.unpickle("data.pkl", "data").root);
  }
  return {tensors.begin(), tensors.end()};
}

}  // namespace headway::torch_export
