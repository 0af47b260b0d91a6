#include "command_line.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include <sys/wait.h>

namespace headway {

void CommandLine::write(const std::string& name, std::string_view bytes) const {
  std::ofstream(path(name), std::ios::binary) << bytes;
}

std::string CommandLine::read(const std::string& name) const {
  std::ifstream file(path(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string CommandLine::listing() const {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    names.insert(entry.path().filename().string());
  names.erase(".out");
  names.erase(".err");
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
  return text;
}

Outcome CommandLine::run(const std::string& arguments, const std::string& before) const {
  // The redirections stand before the arguments, which may then redirect otherwise.
  const std::string command = "cd " + folder_.path().string() + " && " + before + " " +
                              HEADWAY_PROGRAM + " >.out 2>.err " + arguments;
  const int status = std::system(command.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, read(".out"), read(".err")};
}

std::string CommandLine::succeed(const std::string& arguments) const {
  Outcome outcome = run(arguments);
  EXPECT_EQ(outcome.status, 0) << arguments;
  EXPECT_EQ(outcome.err, "") << arguments;
  return std::move(outcome.out);
}

nlohmann::json CommandLine::succeed_json(const std::string& arguments) const {
  auto json = nlohmann::json::parse(succeed(arguments), nullptr, false);
  EXPECT_FALSE(json.is_discarded()) << arguments;
  return json;
}

void CommandLine::expect_error(const std::string& arguments, int status,
                               std::initializer_list<std::string_view> fragments,
                               const std::string& before) const {
  const Outcome outcome = run(arguments, before);
  EXPECT_EQ(outcome.status, status) << arguments;
  EXPECT_EQ(outcome.out, "") << arguments;
  EXPECT_TRUE(outcome.err.starts_with("headway: ")) << arguments << ": " << outcome.err;
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << arguments << ": " << outcome.err;
  for (const std::string_view fragment : fragments)
    EXPECT_NE(outcome.err.find(fragment), std::string::npos)
        << arguments << ": '" << fragment << "' is not in: " << outcome.err;
}

}  // namespace headway
