#pragma once

#include <span>
#include <string>
#include <string_view>

#include "headway/tensor.h"

#include "tensor/npy_header.h"

namespace headway {

/// The strings after an .npy header, whose number has been checked; `source` names them in
/// messages. Throws Error(kInvalidModel) if one is no Unicode, Error(kUnsupported) for several axes
/// in Fortran order.
Tensor npy_strings(const NpyHeader& header, std::span<const std::byte> data,
                   std::string_view source);

/// A whole .npy file of strings in UTF-8, as NumPy's type U. Throws Error(kInvalidArgument) if one
/// is no UTF-8.
std::string npy_of_strings(const Tensor& tensor);

}  // namespace headway
