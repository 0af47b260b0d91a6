#include "command_line.h"

namespace headway {
namespace {

class Program : public CommandLine {};

TEST_F(Program, TellsItsVersion) {
  EXPECT_TRUE(succeed("--version").starts_with("headway "));
}

TEST_F(Program, HelpsEverywhere) {
  EXPECT_NE(succeed("--help").find("Examples:"), std::string::npos);
  for (const char* command : {"bench", "conformance", "run", "convert", "inspect", "models", "peak",
                              "profile", "runtimes"}) {
    const std::string help = succeed(std::string(command) + " --help");
    EXPECT_NE(help.find("Examples:"), std::string::npos) << command;
    EXPECT_NE(help.find(std::string("headway ") + command), std::string::npos);
  }
}

TEST_F(Program, RefusesWrongUsage) {
  expect_error("", 2, {"headway --help"});
  expect_error("frobnicate", 2, {"'frobnicate'", "headway --help"});
  expect_error("--frobnicate", 2, {"'--frobnicate'"});
  expect_error("models --frobnicate", 2, {"--frobnicate", "headway models --help"});
  expect_error("run", 2, {"MODEL", "headway run --help"});
  expect_error("run vgg16 --threads 0", 2, {"--threads"});
  expect_error("run vgg16 --threads many", 2, {"--threads"});
  expect_error("run vgg16 --layout chwn", 2, {"--layout"});
  expect_error("bench vgg16 --device abacus", 2, {"--device"});
  expect_error("bench vgg16 --runtimes abacus", 2, {"abacus", "onnxruntime"});
}

TEST_F(Program, NoticesThatItsOutputIsLost) {
  for (const char* command :
       {"models", "models --json", "--help", "inspect --operators", "inspect squeezenet1_1"}) {
    expect_error(std::string(command) + " >/dev/full", 3, {"standard output", "No space"});
    expect_error(std::string(command) + " >&-", 3, {"standard output"});
  }
}

TEST_F(Program, SurvivesAllDescriptorsClosed) {
  EXPECT_EQ(run("models <&- >&- 2>&-").status, 3);
}

class Runtimes : public CommandLine {};

TEST_F(Runtimes, SayWhatIsMissingAndHowToGetIt) {
  const std::string nowhere = "HEADWAY_WORKERS=" + path("nowhere").string();
  const Outcome outcome = run("runtimes --json", nowhere);
  EXPECT_EQ(outcome.status, 0);
  const auto list = nlohmann::json::parse(outcome.out);
  EXPECT_GE(list.size(), 5u);
  for (const auto& runtime : list) {
    EXPECT_FALSE(runtime.at("available")) << runtime;
    EXPECT_FALSE(runtime.at("problem").get<std::string>().empty());
    EXPECT_FALSE(runtime.at("fix").get<std::string>().empty());
  }
  EXPECT_NE(run("runtimes", nowhere).out.find("Not available"), std::string::npos);
}

TEST_F(Runtimes, KnowHeadwayItself) {
  for (const auto& runtime : succeed_json("runtimes --json")) {
    if (runtime.at("id") != "headway") continue;
    ASSERT_TRUE(runtime.at("available")) << runtime;
    EXPECT_EQ(runtime.at("devices").at(0).get<std::string>().substr(0, 3), "cpu");
    return;
  }
  FAIL() << "headway is not among the runtimes";
}

}  // namespace
}  // namespace headway
