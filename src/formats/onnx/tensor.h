#pragma once

#include <memory>
#include <string>
#include <utility>

#include "headway/tensor.h"

#include "formats/onnx/external_data.h"
#include "protozero/data_view.hpp"

namespace headway::onnx {

/// Turns TensorProto messages into tensors.
class TensorReader {
 public:
  /// `owner` keeps alive the bytes that messages lie in.
  TensorReader(std::filesystem::path folder, std::shared_ptr<const void> owner)
      : external_(std::move(folder)), owner_(std::move(owner)) {}

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
  std::shared_ptr<const void> owner_;
};

}  // namespace headway::onnx
