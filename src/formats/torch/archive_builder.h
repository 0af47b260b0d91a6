#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/atomic_file.h"
#include "base/test_folder.h"
#include "base/zip.h"
#include "formats/torchscript/pickle.h"

/// Builds archives and pickles for tests, malformed ones too. Used by tests only.
namespace headway::torch {

/// The bytes of a zip archive with these entries, stored.
inline std::string archive_bytes(const std::map<std::string, std::string>& entries) {
  const TestFolder folder;
  AtomicFile file(folder / "a.zip");
  ZipWriter writer(file);
  for (const auto& [name, contents] : entries) writer.add(name, contents, 64);
  writer.finish();
  file.commit();
  return TestFolder::read(folder / "a.zip");
}

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// A state dict of dense float tensors, whose elements are in data/0, data/1, …
inline std::string state_dict_pickle(const std::vector<std::pair<std::string, Shape>>& tensors) {
  torchscript::PickleWriter pickle;
  pickle.empty_dict();
  pickle.mark();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    pickle.string(tensors[i].first);
    pickle.tensor(DType::kFloat32, tensors[i].second, std::to_string(i));
  }
  pickle.set_items();
  return std::move(pickle).finish();
}

/// One tensor, every number of whose description can be wrong.
struct RawTensorPickle {
  std::string storage_class = "FloatStorage";
  std::int64_t elements = 6;
  std::int64_t offset = 0;
  Shape shape = {2, 3};
  Shape strides = {3, 1};
  std::string key = "0";
  std::string function = "_rebuild_tensor_v2";

  std::string bytes() const {
    torchscript::PickleWriter pickle;
    const auto integers = [&](const Shape& values) {
      pickle.mark();
      for (const std::int64_t value : values) pickle.integer(value);
      pickle.tuple();
    };
    pickle.global("torch._utils", function);
    pickle.mark();
    pickle.mark();
    pickle.string("storage");
    pickle.global("torch", storage_class);
    pickle.string(key);
    pickle.string("cpu");
    pickle.integer(elements);
    pickle.tuple();
    pickle.persistent_id();
    pickle.integer(offset);
    integers(shape);
    integers(strides);
    pickle.boolean(false);
    pickle.empty_dict();
    pickle.tuple();
    pickle.reduce();
    return std::move(pickle).finish();
  }
};

}  // namespace headway::torch
