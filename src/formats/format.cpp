#include "formats/format.h"

#include <algorithm>
#include <cctype>
#include <string>

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

#include "formats/hwy/file_layout.h"
#include "formats/onnx/schema.h"

namespace headway {
namespace {

using onnx::ModelField;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Reads only the names in the local headers' vicinity: good enough to tell archives apart, and
/// immune to whatever else is wrong with them.
FileKind kind_of_zip(std::string_view text) {
  constexpr std::size_t kWindow = std::size_t{1} << 20;
  const std::string_view head = text.substr(0, kWindow);
  const std::string_view tail = text.substr(text.size() - std::min(text.size(), kWindow));
  if (!contains(tail, "PK\x05\x06")) return FileKind::kTruncatedZip;
  const auto has = [&](std::string_view part) {
    return contains(head, part) || contains(tail, part);
  };
  if (has("serialized_exported_program.json") || has("archive_format"))
    return FileKind::kTorchExport;
  if (has("code/__torch__") || has("/constants.pkl")) return FileKind::kTorchScript;
  if (has("/data.pkl")) return FileKind::kTorchWeights;
  return FileKind::kZip;
}

bool is_safetensors(std::string_view text) {
  if (text.size() < 9 || text[8] != '{') return false;
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(text[i]);
  return length <= text.size() - 8;
}

/// True if the first field is one that a ModelProto has, with the wire type it has there.
bool starts_like_onnx(std::string_view text) {
  try {
    protozero::pbf_reader field(text.data(), text.size());
    if (!field.next()) return false;
    switch (field.tag_and_type()) {
      case onnx::varint_field(ModelField::kIrVersion):
        return field.get_uint64() < 1000;
      case onnx::varint_field(ModelField::kModelVersion):
      case onnx::bytes_field(ModelField::kProducerName):
      case onnx::bytes_field(ModelField::kProducerVersion):
      case onnx::bytes_field(ModelField::kDomain):
      case onnx::bytes_field(ModelField::kDocString):
      case onnx::bytes_field(ModelField::kGraph):
      case onnx::bytes_field(ModelField::kOpsetImport):
        field.skip();
        return true;
      default:
        return false;
    }
  } catch (const protozero::exception&) {
    return false;
  }
}

bool is_text(std::string_view text) {
  return std::ranges::all_of(text.substr(0, 512), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte < 0x7f) || byte == '\n' || byte == '\r' || byte == '\t';
  });
}

bool is_html(std::string_view text) {
  std::string head(text.substr(0, 256));
  std::ranges::transform(head, head.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t start = head.find_first_not_of(" \t\r\n");
  if (start == std::string::npos) return false;
  const std::string_view first = std::string_view(head).substr(start);
  return first.starts_with("<!doctype html") || first.starts_with("<html");
}

}  // namespace

FileKind detect_kind(std::span<const std::byte> bytes) {
  using namespace std::literals;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with(hwy::kMagic)) return FileKind::kCompiled;
  if (text.starts_with("PK\x03\x04"sv)) return kind_of_zip(text);
  if (text.starts_with("\x1f\x8b"sv)) return FileKind::kGzip;
  if (text.starts_with("\x89HDF\r\n"sv)) return FileKind::kHdf5;
  if (text.starts_with("\x93NUMPY"sv)) return FileKind::kNumpy;
  if (text.starts_with("version https://git-lfs"sv)) return FileKind::kGitLfsPointer;
  if (text.starts_with("\x80\x02"sv) || text.starts_with("\x80\x04"sv))
    return FileKind::kTorchWeights;
  if (text.size() > 8 && text.substr(4, 4) == "TFL3"sv) return FileKind::kTensorFlowLite;
  if (text.size() >= 262 && text.substr(257, 5) == "ustar"sv) return FileKind::kTarArchive;
  if (is_safetensors(text)) return FileKind::kSafetensors;
  if (is_html(text)) return FileKind::kHtml;
  if (starts_like_onnx(text)) return FileKind::kOnnx;
  return !text.empty() && is_text(text) ? FileKind::kText : FileKind::kUnknown;
}

std::string_view description_of(FileKind kind) noexcept {
  switch (kind) {
    case FileKind::kOnnx:
      return "an ONNX model";
    case FileKind::kCompiled:
      return "a model that 'headway compile' has written";
    case FileKind::kTorchScript:
      return "a TorchScript archive";
    case FileKind::kTorchWeights:
      return "PyTorch weights (a pickle without the model's structure); give them to a built-in "
             "architecture (resnet50 --weights FILE), or export the model with torch.onnx.export";
    case FileKind::kTorchExport:
      return "a torch.export archive";
    case FileKind::kSafetensors:
      return "a safetensors file, which holds weights but no model structure; give them to a "
             "built-in architecture (resnet50 --weights FILE)";
    case FileKind::kNumpy:
      return "a NumPy array; pass it with --input";
    case FileKind::kZip:
      return "a zip archive; unpack it first";
    case FileKind::kTruncatedZip:
      return "a zip archive, as PyTorch writes them, that is cut off (the directory at its end is "
             "missing); copy or export it again";
    case FileKind::kGzip:
      return "a gzip-compressed file; decompress it first";
    case FileKind::kTarArchive:
      return "a tar archive; unpack it first";
    case FileKind::kHdf5:
      return "an HDF5 file (Keras?); convert it to ONNX first";
    case FileKind::kTensorFlowLite:
      return "a TensorFlow Lite model; convert it to ONNX first";
    case FileKind::kHtml:
      return "a web page, so the download went wrong; fetch the file itself";
    case FileKind::kGitLfsPointer:
      return "a Git LFS pointer; run 'git lfs pull' to fetch the file itself";
    case FileKind::kText:
      return "a text file";
    case FileKind::kUnknown:
      break;
  }
  return "no format Headway knows";
}

}  // namespace headway
