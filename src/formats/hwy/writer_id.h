#pragma once

#include <string_view>

namespace headway {

/// "0.1.0 5f3a…": the version and a digest of the engine's sources. Files compiled under another
/// one may mean something else, even where the version is the same.
std::string_view writer_id() noexcept;

}  // namespace headway
