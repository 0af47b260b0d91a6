#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace headway {

/// Does `action`; if that refuses something about the model, the sentence names its file as well
/// ("": it has none).
template <typename Action>
decltype(auto) naming_file(const std::string& file, Action&& action) {
  try {
    return std::forward<Action>(action)();
  } catch (const Error& error) {
    const std::string_view what = error.what();
    const bool of_model = what.starts_with("node ") || error.code() == ErrorCode::kOutOfMemory;
    if (file.empty() || !of_model) throw;
    fail(error.code(), "'", file, "': ", what);
  }
}

}  // namespace headway
