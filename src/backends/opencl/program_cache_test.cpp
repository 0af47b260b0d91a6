#include "backends/opencl/program_cache.h"

#include <gtest/gtest.h>

#include "base/test_folder.h"

namespace headway::opencl {
namespace {

TEST(ProgramCache, GivesBackWhatWasPut) {
  const TestFolder folder;
  const ProgramCache cache(folder / "cache", 1'000'000);
  EXPECT_FALSE(cache.get("key"));
  const std::string binary("\0binary\xff", 8);
  cache.put("key", binary);
  EXPECT_EQ(cache.get("key"), binary);
  EXPECT_FALSE(cache.get("other key"));
}

TEST(ProgramCache, DamagedFilesCountAsAbsent) {
  const TestFolder folder;
  const ProgramCache cache(folder / "cache", 1'000'000);
  cache.put("key", "binary");
  const auto file = std::filesystem::directory_iterator(folder / "cache")->path();
  const std::string whole = TestFolder::read(file);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::ofstream(file, std::ios::binary) << whole.substr(0, size);
    EXPECT_FALSE(cache.get("key")) << size;
  }
  std::string flipped = whole;
  flipped.back() ^= 1;
  std::ofstream(file, std::ios::binary) << flipped;
  EXPECT_FALSE(cache.get("key"));
  cache.put("key", "binary");
  EXPECT_EQ(cache.get("key"), "binary");
}

TEST(ProgramCache, ForgetsWhatWasUsedLongestAgo) {
  const TestFolder folder;
  const std::string binary(1000, 'b');
  const ProgramCache cache(folder / "cache", 3500);
  const auto now = std::filesystem::file_time_type::clock::now();
  for (int i = 0; i < 3; ++i) {
    cache.put(std::string(1, static_cast<char>('a' + i)), binary);
    for (const auto& entry : std::filesystem::directory_iterator(folder / "cache")) {
      if (entry.last_write_time() > now - std::chrono::seconds(10))
        std::filesystem::last_write_time(entry, now - std::chrono::seconds(100 - i));
    }
  }
  EXPECT_TRUE(cache.get("a"));  // Used now.
  cache.put("d", binary);
  EXPECT_TRUE(cache.get("a"));
  EXPECT_FALSE(cache.get("b"));
  EXPECT_TRUE(cache.get("d"));
}

TEST(ProgramCache, NoFolderMeansNoCache) {
  const ProgramCache cache({}, 1000);
  cache.put("key", "binary");
  EXPECT_FALSE(cache.get("key"));
}

}  // namespace
}  // namespace headway::opencl
