#include "conformance/read_value.h"

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

#include "base/error.h"
#include "formats/onnx/tensor.h"

namespace headway::conformance {

namespace {

using protozero::pbf_reader;

// Field numbers of onnx.proto's SequenceProto and OptionalProto.
constexpr protozero::pbf_tag_type kTensor = 3, kSequence = 5;

Datum read_sequence(pbf_reader field, onnx::TensorReader& reader) {
  std::vector<Tensor> elements;
  while (field.next()) {
    if (field.tag() == kTensor) {
      elements.push_back(reader.read(field.get_view()).tensor.clone());
    } else {
      field.skip();
    }
  }
  const DType dtype = elements.empty() ? DType::kFloat32 : elements.front().dtype();
  return Datum::sequence(dtype, std::move(elements));
}

Datum read_optional(pbf_reader field, onnx::TensorReader& reader) {
  Datum datum;
  while (field.next()) {
    if (field.tag() == kTensor) {
      datum = reader.read(field.get_view()).tensor.clone();
    } else if (field.tag() == kSequence) {
      datum = read_sequence(field.get_message(), reader);
    } else {
      field.skip();
    }
  }
  return datum;
}

}  // namespace

Datum read_value(const std::filesystem::path& file, Container container) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) fail(ErrorCode::kNotFound, "cannot read '", file.string(), "'");
  // A scalar zero may be an empty message, so the file is not mapped.
  const auto bytes = std::make_shared<const std::string>(std::istreambuf_iterator<char>(stream),
                                                         std::istreambuf_iterator<char>());
  onnx::TensorReader reader(file.parent_path(), [&](auto) { return bytes; });
  const protozero::data_view message(bytes->data(), bytes->size());
  try {
    // A sequence may stand where there might be none; an optional sequence has no tensor of its
    // own.
    if (container == Container::kSequence ||
        (container == Container::kOptionalSequence && pbf_reader(message).next(kTensor)))
      return read_sequence(pbf_reader(message), reader);
    if (container != Container::kNone) return read_optional(pbf_reader(message), reader);
    return reader.read(message).tensor.clone();
  } catch (const protozero::exception&) {
    fail(ErrorCode::kInvalidModel, "'", file.string(), "' does not hold the value it should");
  } catch (const Error& error) {
    fail(error.code(), "'", file.string(), "': ", error.what());
  }
}

}  // namespace headway::conformance
