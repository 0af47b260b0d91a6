#include "base/cpu.h"
#include "command_line.h"

namespace headway {
namespace {

/// Figures are only looked at for sense: no test depends on how fast a machine is.
class Peak : public CommandLine {
 protected:
  nlohmann::json measure(const std::string& arguments, const std::string& before = "") const {
    const Outcome outcome = run("peak --samples 2 --export-json peak.json " + arguments, before);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    return nlohmann::json::parse(read("peak.json"), nullptr, false);
  }
};

bool is_rate(const nlohmann::json& rate) {
  return rate.at("median").get<double>() > 0 && rate.at("best") >= rate.at("median") &&
         rate.at("spread").get<double>() >= 0;
}

TEST_F(Peak, MeasuresEveryThreadCount) {
  const auto report = measure("--threads 2,1,2");
  int floats = 0;
  for (const auto& row : report.at("arithmetic")) {
    floats += row.at("dtype") == "float32";
    EXPECT_EQ(row.at("operations_per_second").is_null(), row.at("lacks").is_string()) << row;
    EXPECT_TRUE(row.at("lacks").is_string() || is_rate(row.at("operations_per_second"))) << row;
  }
  EXPECT_EQ(floats, 2 * (static_cast<int>(choose_isa()) + 1));
  const auto& bandwidth = report.at("bandwidth");
  EXPECT_EQ(bandwidth.size(), 2 * (report.at("caches").size() + 1));
  for (const auto& row : bandwidth) {
    if (row.at("bytes_per_thread") == 0) continue;
    EXPECT_TRUE(is_rate(row.at("read_bytes_per_second"))) << row;
    EXPECT_TRUE(is_rate(row.at("copy_bytes_per_second"))) << row;
  }
  EXPECT_EQ(bandwidth.back().at("level"), "memory");
  EXPECT_EQ(bandwidth.back().at("threads"), 2);
}

TEST_F(Peak, HonoursTheForcedIsa) {
  const auto report = measure("--threads 1 >table", "HEADWAY_ISA=portable");
  EXPECT_EQ(report.at("isa"), "portable");
  ASSERT_EQ(report.at("arithmetic").size(), 1u);
  EXPECT_EQ(report.at("arithmetic").at(0).at("isa"), "portable");
  const bool more = detect_cpu().best_isa() != Isa::kPortable;
  EXPECT_EQ(read("table").find("HEADWAY_ISA=portable") != std::string::npos, more);
}

TEST_F(Peak, ShowsTheSameToPeople) {
  const std::string text = succeed("peak --samples 1 --threads 1");
  for (const char* part :
       {"machine", "caches", "fp32 multiply-add", "portable", "memory", "spread"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
}

TEST_F(Peak, RefusesWrongUsage) {
  expect_error("peak --threads 0", 2, {"--threads", "headway peak --help"});
  expect_error("peak --threads 1,some", 2, {"--threads"});
  expect_error("peak --samples 0", 2, {"--samples"});
  expect_error("peak resnet50", 2, {"resnet50"});
  expect_error("peak --export-json no/such/file.json", 3, {"no/such/file.json"});
  expect_error("peak", 2, {"HEADWAY_ISA", "sse9"}, "HEADWAY_ISA=sse9");
}

}  // namespace
}  // namespace headway
