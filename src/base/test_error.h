#pragma once

#include <string>

#include <gtest/gtest.h>

#include "headway/error.h"

namespace headway {

/// The message of the Error that `function` must throw with this code; "" (and a failed test) if
/// it throws none.
template <typename Function>
std::string error_message(ErrorCode code, Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(code)) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no Error was thrown";
  return "";
}

}  // namespace headway
