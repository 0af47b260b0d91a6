#include "base/processors.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace headway {
namespace {

namespace fs = std::filesystem;

class FakeRoot : public testing::Test {
 protected:
  FakeRoot() {
    root_ = fs::temp_directory_path() / ("headway-processors-" + std::to_string(getpid()));
    fs::create_directories(root_ / "proc/self");
  }
  ~FakeRoot() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  fs::path root_;
};

TEST_F(FakeRoot, NoCgroupMeansNoQuota) {
  EXPECT_FALSE(cgroup_quota(root_).has_value());
}

TEST_F(FakeRoot, VersionTwoTakesTheTightestAncestor) {
  write("proc/self/cgroup", "0::/outer/inner\n");
  write("sys/fs/cgroup/outer/cpu.max", "150000 100000\n");
  write("sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
  EXPECT_DOUBLE_EQ(cgroup_quota(root_).value(), 1.5);
}

TEST_F(FakeRoot, VersionTwoUnlimited) {
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_FALSE(cgroup_quota(root_).has_value());
}

TEST_F(FakeRoot, VersionOneReadsTheCpuController) {
  write("proc/self/cgroup", "5:memory:/a\n4:cpu,cpuacct:/box\n");
  write("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "400000\n");
  write("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us", "100000\n");
  EXPECT_DOUBLE_EQ(cgroup_quota(root_).value(), 4.0);
}

TEST_F(FakeRoot, VersionOneInAContainerFallsBackToTheMount) {
  write("proc/self/cgroup", "4:cpu,cpuacct:/not/mounted/here\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "250000\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_DOUBLE_EQ(cgroup_quota(root_).value(), 2.5);
}

TEST_F(FakeRoot, GarbageIsIgnored) {
  write("proc/self/cgroup", "no colons\n0::/\n");
  write("sys/fs/cgroup/cpu.max", "banana\n");
  EXPECT_FALSE(cgroup_quota(root_).has_value());
}

TEST(Processors, AtLeastOneAndWithinTheMask) {
  EXPECT_GE(available_processors(), 1);
  EXPECT_LE(available_processors(), affinity_processors());
}

}  // namespace
}  // namespace headway
