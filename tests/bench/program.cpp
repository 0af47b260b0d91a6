#include "program.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <sys/wait.h>

namespace headway {
namespace {

std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

Outcome BenchProgram::command(const std::string& line) const {
  const std::string all = std::string(HEADWAY_PROGRAM) + " " + line + " >" + path("out").string() +
                          " 2>" + path("err").string();
  const int status = std::system(all.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_all(path("out")),
          read_all(path("err"))};
}

Outcome BenchProgram::race(const std::string& arguments) {
  std::filesystem::remove(path("report.json"));
  Outcome outcome = run(arguments + " --export-json " + path("report.json").string());
  report_ = nlohmann::json::parse(read_all(path("report.json")), nullptr, false);
  return outcome;
}

const nlohmann::json& BenchProgram::row(const std::string& runtime) const {
  for (const nlohmann::json& row : report_.at("races").at(0).at("rows")) {
    if (row.at("runtime") == runtime) return row;
  }
  throw std::runtime_error("the report has no row " + runtime);
}

}  // namespace headway
