#include "base/caches.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "base/temporary_folder.h"

namespace headway {
namespace {

namespace fs = std::filesystem;

class FakeMachine : public testing::Test {
 protected:
  void allow(const std::string& processors) {
    write("proc/self/status", "Name:\ttest\nCpus_allowed_list:\t" + processors + "\n");
  }

  void add(int processor, int index, int level, const std::string& type, const std::string& size,
           const std::string& shared) {
    const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(processor) +
                               "/cache/index" + std::to_string(index) + "/";
    write(folder + "level", std::to_string(level) + "\n");
    write(folder + "type", type + "\n");
    write(folder + "size", size + "\n");
    write(folder + "shared_cpu_list", shared + "\n");
  }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((folder_.path() / path).parent_path());
    std::ofstream(folder_.path() / path) << text;
  }

  std::vector<Cache> caches() const { return data_caches(folder_.path()); }

 private:
  TemporaryFolder folder_;
};

TEST_F(FakeMachine, SharedCachesCountOnce) {
  allow("0-2");
  for (int cpu = 0; cpu < 4; ++cpu) {
    const std::string pair = cpu < 2 ? "0-1" : "2-3";
    add(cpu, 0, 1, "Data", "48K", std::to_string(cpu));
    add(cpu, 1, 1, "Instruction", "32K", std::to_string(cpu));
    add(cpu, 2, 2, "Unified", "1024K", pair);
    add(cpu, 3, 3, "Unified", "32M", "0-3");
  }
  const auto found = caches();
  ASSERT_EQ(found.size(), 3u);
  const int counts[] = {3, 2, 1};
  const std::int64_t bytes[] = {48 << 10, 1 << 20, 32 << 20};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(found[i].level, static_cast<int>(i) + 1);
    EXPECT_EQ(found[i].count, counts[i]);
    EXPECT_EQ(found[i].bytes, bytes[i]);
  }
}

TEST_F(FakeMachine, OfUnequalOnesTheSmallestCounts) {
  allow("0-1");
  add(0, 0, 1, "Data", "48K", "0");
  add(1, 0, 1, "Data", "32K", "1");
  ASSERT_EQ(caches().size(), 1u);
  EXPECT_EQ(caches()[0].bytes, 32 << 10);
  EXPECT_EQ(caches()[0].count, 2);
}

TEST_F(FakeMachine, SaysNothingWithoutSysfs) {
  EXPECT_TRUE(caches().empty());
  allow("0-1");
  EXPECT_TRUE(caches().empty());
  add(0, 0, 1, "Data", "large", "0");
  EXPECT_TRUE(caches().empty());
}

TEST(ProcessorList, HasNumbersAndRanges) {
  EXPECT_EQ(parse_processor_list("0-2,5,7-8"), (std::vector<int>{0, 1, 2, 5, 7, 8}));
  EXPECT_EQ(parse_processor_list(""), std::vector<int>{});
  EXPECT_EQ(parse_processor_list("x,3,-,9-1,0-99999999999,4-"), std::vector<int>{3});
}

TEST(CacheSize, HasAUnit) {
  EXPECT_EQ(parse_cache_size("48K"), 48 << 10);
  EXPECT_EQ(parse_cache_size("2M"), 2 << 20);
  EXPECT_EQ(parse_cache_size("512"), 512);
  for (const char* text : {"", "K", "-4K", "4X", "99999999999999999999K"})
    EXPECT_EQ(parse_cache_size(text), 0) << text;
}

TEST(Caches, OfThisMachineGrowWithTheLevel) {
  std::int64_t before = 0;
  for (const Cache& cache : data_caches()) {
    EXPECT_GT(cache.bytes, before);
    EXPECT_GE(cache.count, 1);
    before = cache.bytes;
  }
}

}  // namespace
}  // namespace headway
