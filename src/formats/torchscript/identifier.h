#pragma once

#include <string>
#include <string_view>

namespace headway::torchscript {

/// A name that code can spell without quotes, and that means nothing else there.
bool is_identifier(std::string_view name);

/// The nearest one: letters and digits stay, everything else becomes an underscore.
std::string identifier(std::string_view name);

/// Whether the word means something in TorchScript's code.
bool is_reserved(std::string_view word);

}  // namespace headway::torchscript
