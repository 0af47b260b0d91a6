#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <protozero/data_view.hpp>

#include "headway/tensor.h"

#include "formats/onnx/external_data.h"

namespace headway::onnx {

/// What keeps the bytes of one tensor alive, for bytes that messages lie in.
using OwnerOf = std::function<std::shared_ptr<const void>(std::span<const std::byte>)>;

/// Turns TensorProto messages into tensors.
class TensorReader {
 public:
  TensorReader(std::filesystem::path folder, OwnerOf owner_of)
      : external_(std::move(folder)), owner_of_(std::move(owner_of)) {}

  struct NamedTensor {
    std::string name;
    Tensor tensor;
  };

  /// The tensor borrows its elements from the message or the external file wherever they lie there
  /// as an array; they may be unaligned. Throws Error(kInvalidModel) or Error(kUnsupported) naming
  /// the tensor.
  NamedTensor read(protozero::data_view message);

 private:
  ExternalData external_;
  OwnerOf owner_of_;
};

/// The name that a TensorProto gives; "" without one.
std::string_view name_of_tensor(protozero::data_view message);

/// The elements as raw_data holds them: those of fewer than 8 bits packed. Not for strings.
std::string packed_elements(const Tensor& tensor);

}  // namespace headway::onnx
