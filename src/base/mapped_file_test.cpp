#include "base/mapped_file.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <ios>

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/test_error.h"
#include "base/test_folder.h"

namespace headway {
namespace {

std::string open_error(ErrorCode code, const std::filesystem::path& path) {
  return error_message(code, [&] { MappedFile::open(path); });
}

TEST(MappedFile, ShowsTheBytes) {
  const TestFolder folder;
  const auto path = folder.write("data", "hello");
  const auto file = MappedFile::open(path);
  EXPECT_EQ(file->path(), path);
  ASSERT_EQ(file->size(), 5U);
  EXPECT_EQ(file->bytes()[4], std::byte{'o'});
}

TEST(MappedFile, OutlivesTheName) {
  const TestFolder folder;
  const auto file = MappedFile::open(folder.write("data", "hello"));
  std::filesystem::remove(folder / "data");
  EXPECT_EQ(file->bytes()[0], std::byte{'h'});
}

TEST(MappedFile, ReleasedBytesStayReadable) {
  const TestFolder folder;
  std::string contents(100000, 'x');
  contents[50000] = 'y';
  const auto file = MappedFile::open(folder.write("data", contents));
  for (const std::size_t offset : {0U, 1U, 4096U, 99999U, 100000U}) {
    file->release(file->bytes().subspan(offset));
    file->release(file->bytes().first(offset));
  }
  EXPECT_EQ(file->bytes()[50000], std::byte{'y'});
  EXPECT_EQ(file->bytes()[99999], std::byte{'x'});
}

/// Bytes of the mapping at `address` that count as this process's memory.
std::size_t resident_bytes(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  const std::string start = concat(std::hex, reinterpret_cast<std::uintptr_t>(address), "-");
  bool found = false;
  for (std::string line; std::getline(maps, line);) {
    found = found || line.starts_with(start);
    if (found && line.starts_with("Rss:")) return std::stoul(line.substr(4)) * 1024;
  }
  ADD_FAILURE() << "no mapping at " << start;
  return 0;
}

TEST(MappedFile, ReleasedBytesCostNoMemory) {
  constexpr std::size_t kBytes = std::size_t{1} << 20;
  const TestFolder folder;
  const auto file = MappedFile::open(folder.write("data", std::string(kBytes, 'x')));
  EXPECT_EQ(std::ranges::count(file->bytes(), std::byte{'x'}), std::ptrdiff_t{kBytes});
  EXPECT_EQ(resident_bytes(file->bytes().data()), kBytes);
  file->release(file->bytes());
  EXPECT_EQ(resident_bytes(file->bytes().data()), 0U);
}

TEST(MappedFile, SaysWhyItCannotBeRead) {
  const TestFolder folder;
  const std::string missing = (folder / "missing").string();
  EXPECT_EQ(open_error(ErrorCode::kNotFound, missing),
            "cannot open '" + missing + "': there is no such file");
  folder.write("file", "x");
  open_error(ErrorCode::kNotFound, folder / "file/below");
  EXPECT_EQ(open_error(ErrorCode::kIo, folder.path()),
            "cannot read '" + folder.path().string() + "': it is a directory, not a file");
  EXPECT_EQ(open_error(ErrorCode::kInvalidModel, folder.write("empty", "")),
            concat("'", (folder / "empty").string(), "' is empty"));
}

TEST(MappedFile, RefusesAPipeWithoutWaitingForIt) {
  const TestFolder folder;
  const auto pipe = folder / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_NE(open_error(ErrorCode::kIo, pipe).find("not a regular file"), std::string::npos);
}

TEST(MappedFile, RefusesAnUnreadableFile) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const TestFolder folder;
  const auto path = folder.write("secret", "x");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  EXPECT_NE(open_error(ErrorCode::kIo, path).find("Permission denied"), std::string::npos);
}

}  // namespace
}  // namespace headway
