#include "base/mapped_file.h"

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
