#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "program.h"

namespace headway {
namespace {

const std::string kQuick = "fake:delay=1ms,clock=virtual", kSlow = "fake:delay=2ms,clock=virtual";

/// Two races of known delays, merged from the outside.
class Report : public testing::Test {
 protected:
  void race(const std::string& file, const std::string& slow = kSlow,
            const std::string& more = "") const {
    const Outcome outcome =
        program_.run("fake --iterations 60 --processes 2 " + more + " --runtimes " + kQuick + "," +
                     slow + " --export-json " + path(file));
    EXPECT_LE(outcome.status, 1) << outcome.err;
  }

  Outcome report(const std::string& arguments) const {
    return program_.command("report --runtime " + kQuick + " --against " + kSlow + " " + arguments);
  }

  std::string path(const std::string& name) const { return program_.path(name).string(); }

  BenchProgram program_;
};

TEST_F(Report, MergesRacesOfKnownDelays) {
  race("one.json", kSlow, "--threads 1");
  race("two.json", kSlow, "--threads 2");
  const Outcome outcome = report(path("one.json") + " " + path("two.json") + " --format json");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  ASSERT_EQ(json.at("races").size(), 2u);
  for (const auto& race : json.at("races")) {
    const auto& mean = race.at("geometric_means").at(0);
    EXPECT_EQ(mean.at("runtime"), kSlow);
    EXPECT_NEAR(mean.at("ratio").at("estimate").get<double>(), 0.5, 0.02);
    EXPECT_EQ(mean.at("without").size(), 0u);
  }
  EXPECT_EQ(json.at("races").at(1).at("threads"), 2);
}

TEST_F(Report, SaysWhatFailed) {
  const std::string wrong_row = kSlow + ",wrong=1";
  race("bad.json", wrong_row);
  const Outcome wrong = program_.command("report --runtime " + kQuick + " --against " + wrong_row +
                                         " " + path("bad.json"));
  EXPECT_EQ(wrong.status, 1) << wrong.err;
  EXPECT_NE(wrong.out.find("disagrees"), std::string::npos) << wrong.out;
  EXPECT_NE(wrong.out.find("over 0 of 1 model (without fake)"), std::string::npos) << wrong.out;
}

TEST_F(Report, RefusesWhatIsNoReport) {
  race("one.json");
  std::ofstream(program_.path("cut.json")) << "{";
  for (const std::string& arguments :
       {path("none.json"), path("cut.json"), path("one.json") + " " + path("one.json"),
        path("one.json") + " --format html", std::string()}) {
    const Outcome outcome = report(arguments);
    EXPECT_EQ(outcome.status, 2) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
    EXPECT_TRUE(outcome.err.starts_with("headway: ")) << outcome.err;
  }
  EXPECT_EQ(program_.command("report " + path("one.json")).status, 2);
}

}  // namespace
}  // namespace headway
