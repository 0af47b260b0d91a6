#include "formats/onnx/metadata.h"

#include <protozero/pbf_message.hpp>

#include "base/error.h"
#include "base/mapped_file.h"
#include "formats/onnx/schema.h"

namespace headway {
namespace {

using onnx::ModelField;
using onnx::OpsetField;

void read_opset(protozero::data_view bytes, OnnxMetadata& metadata) {
  std::string domain;
  std::int64_t version = 0;
  protozero::pbf_message<OpsetField> field(bytes);
  while (field.next()) {
    switch (field.tag()) {
      case OpsetField::kDomain:
        domain = field.get_string();
        break;
      case OpsetField::kVersion:
        version = field.get_int64();
        break;
      default:
        field.skip();
    }
  }
  if (domain.empty() || domain == "ai.onnx") metadata.opset = version;
}

OnnxMetadata parse(protozero::data_view bytes) {
  OnnxMetadata metadata;
  std::string version;
  protozero::pbf_message<ModelField> field(bytes);
  while (field.next()) {
    switch (field.tag()) {
      case ModelField::kIrVersion:
        metadata.ir_version = field.get_int64();
        break;
      case ModelField::kProducerName:
        metadata.producer = field.get_string();
        break;
      case ModelField::kProducerVersion:
        version = field.get_string();
        break;
      case ModelField::kOpsetImport:
        read_opset(field.get_view(), metadata);
        break;
      default:
        field.skip();
    }
  }
  if (!version.empty()) metadata.producer += (metadata.producer.empty() ? "" : " ") + version;
  return metadata;
}

}  // namespace

OnnxMetadata read_onnx_metadata(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  try {
    return parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  } catch (const std::exception&) {  // protozero's exceptions have no common base of their own
    fail(ErrorCode::kInvalidModel, "'", path.string(), "' is not an ONNX model");
  }
}

}  // namespace headway
