#include "bench/tensor_file.h"

#include <cstdint>
#include <fstream>
#include <string>

#include "base/error.h"

namespace headway::bench {

Json write_tensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors) {
  std::ofstream file(path, std::ios::binary);
  Json description = Json::array();
  std::uint64_t offset = 0;
  for (const NamedTensor& item : tensors) {
    const Tensor& tensor = item.tensor;
    description.push_back({{"name", item.name},
                           {"dtype", name_of(tensor.dtype())},
                           {"shape", tensor.shape()},
                           {"offset", offset}});
    file.write(static_cast<const char*>(tensor.raw()),
               static_cast<std::streamsize>(tensor.byte_size()));
    offset += tensor.byte_size();
  }
  file.close();
  if (!file) fail(ErrorCode::kIo, "cannot write tensors to ", path, ": is the disk full?");
  return description;
}

std::vector<NamedTensor> read_tensors(const std::filesystem::path& path, const Json& description) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) fail(ErrorCode::kIo, "cannot read tensors from ", path);
  const auto file_bytes = static_cast<std::uint64_t>(file.tellg());
  std::vector<NamedTensor> tensors;
  try {
    for (const Json& item : description) {
      const DType dtype = parse_dtype(item.at("dtype").get<std::string>());
      Shape shape = item.at("shape").get<Shape>();
      const auto offset = item.at("offset").get<std::uint64_t>();
      const std::int64_t elements = num_elements(shape);
      if (static_cast<std::uint64_t>(elements) > file_bytes / size_of(dtype) ||
          offset > file_bytes - static_cast<std::uint64_t>(elements) * size_of(dtype)) {
        fail(ErrorCode::kInvalidArgument, "a tensor of shape ", to_string(shape),
             " lies outside its file of ", file_bytes, " bytes");
      }
      Tensor tensor = Tensor::allocate(dtype, std::move(shape));
      file.seekg(static_cast<std::streamoff>(offset));
      file.read(static_cast<char*>(tensor.raw()), static_cast<std::streamsize>(tensor.byte_size()));
      tensors.push_back({item.at("name").get<std::string>(), std::move(tensor)});
    }
  } catch (const Json::exception& error) {
    fail(ErrorCode::kInvalidArgument, "malformed tensor description: ", error.what());
  }
  if (!file) fail(ErrorCode::kIo, "cannot read tensors from ", path);
  return tensors;
}

}  // namespace headway::bench
