#include "conformance/read_value.h"

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include <protozero/exception.hpp>

#include "base/error.h"
#include "formats/onnx/tensor.h"

namespace headway::conformance {

Tensor read_value(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) fail(ErrorCode::kNotFound, "cannot read '", file.string(), "'");
  // A scalar zero may be an empty message, so the file is not mapped.
  const auto bytes = std::make_shared<const std::string>(std::istreambuf_iterator<char>(stream),
                                                         std::istreambuf_iterator<char>());
  onnx::TensorReader reader(file.parent_path(), [&](auto) { return bytes; });
  try {
    return reader.read({bytes->data(), bytes->size()}).tensor.clone();
  } catch (const protozero::exception&) {
    fail(ErrorCode::kInvalidModel, "'", file.string(), "' does not hold a tensor");
  } catch (const Error& error) {
    fail(error.code(), "'", file.string(), "': ", error.what());
  }
}

}  // namespace headway::conformance
