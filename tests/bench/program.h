#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>
#include <sys/types.h>

#include "base/temporary_folder.h"

namespace headway {

/// What a run of the program left behind.
struct Outcome {
  int status = -1;
  std::string out;
  std::string err;
};

/// `headway bench fake …` in a folder of its own.
class BenchProgram {
 public:
  /// `headway <line>` through the shell: quoted by the caller where it must be.
  Outcome command(const std::string& line) const;

  /// `headway bench <arguments>`.
  Outcome run(const std::string& arguments) const { return command("bench " + arguments); }

  /// The same with --export-json; `report()` has it afterwards.
  Outcome race(const std::string& arguments);

  const nlohmann::json& report() const { return report_; }

  /// The only race's row of that runtime.
  const nlohmann::json& row(const std::string& runtime) const;

  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }

 private:
  TemporaryFolder folder_;
  nlohmann::json report_;
};

}  // namespace headway
