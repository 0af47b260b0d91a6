#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/temporary_folder.h"

namespace headway {

/// What a run of the program left behind.
struct Outcome {
  int status = -1;  ///< The exit status; 128 + the signal's number if one ended it.
  std::string out;
  std::string err;
};

/// The real program, run in a folder of its own that holds what a test puts there.
class CommandLine : public testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  void write(const std::string& name, std::string_view bytes) const;
  std::string read(const std::string& name) const;

  /// Names of the files in the folder, sorted, without the program's output.
  std::string listing() const;

  /// `headway <arguments>` through the shell, so that arguments may redirect. `before` comes in
  /// front of it: "ulimit -f 8;" or "NAME=value".
  Outcome run(const std::string& arguments, const std::string& before = "") const;

  /// The same for a command that must succeed in silence on the standard error; its output.
  std::string succeed(const std::string& arguments) const;
  nlohmann::json succeed_json(const std::string& arguments) const;

  /// Runs a command that must end with `status`, nothing on the standard output, and one sentence
  /// on the standard error that holds all `fragments`.
  void expect_error(const std::string& arguments, int status,
                    std::initializer_list<std::string_view> fragments,
                    const std::string& before = "") const;

 private:
  TemporaryFolder folder_;
};

}  // namespace headway
