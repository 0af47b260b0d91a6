#include "base/atomic_file.h"

#include <csignal>

#include <sys/resource.h>

#include "base/error.h"
#include "base/test_error.h"
#include "base/test_folder.h"

namespace headway {
namespace {

namespace fs = std::filesystem;

TEST(AtomicFile, AppearsOnlyWhenCommitted) {
  const TestFolder folder;
  const auto path = folder / "out.txt";
  AtomicFile file(path);
  file.write("hello ");
  file.write("world");
  EXPECT_EQ(file.position(), 11U);
  EXPECT_FALSE(fs::exists(path));
  file.commit();
  EXPECT_EQ(TestFolder::read(path), "hello world");
  EXPECT_EQ(folder.file_count(), 1U);
}

TEST(AtomicFile, AbandonedLeavesTheOldFile) {
  const TestFolder folder;
  const auto path = folder.write("out.txt", "old");
  {
    AtomicFile file(path);
    file.write("new");
  }
  EXPECT_EQ(TestFolder::read(path), "old");
  EXPECT_EQ(folder.file_count(), 1U);
}

TEST(AtomicFile, KeepsThePermissionsOfWhatItReplaces) {
  const TestFolder folder;
  const auto path = folder.write("out.txt", "old");
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  write_file(path, "new");
  EXPECT_EQ(TestFolder::read(path), "new");
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(AtomicFile, WritesLargeAndSmallPieces) {
  const TestFolder folder;
  std::string expected;
  AtomicFile file(folder / "out");
  for (const std::size_t size : {1U, 300000U, 200000U, 100000U, 0U, 262144U, 1U}) {
    const std::string piece(size, static_cast<char>('a' + expected.size() % 26));
    file.write(piece);
    expected += piece;
  }
  file.commit();
  EXPECT_EQ(TestFolder::read(folder / "out"), expected);
}

TEST(AtomicFile, WritesThroughSymbolicLinks) {
  const TestFolder folder;
  const auto target = folder.write("target", "old");
  fs::create_symlink("target", folder / "link");
  write_file(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(TestFolder::read(target), "new");
}

TEST(AtomicFile, AFullDiskIsAnError) {
  EXPECT_EQ(error_message(ErrorCode::kIo, [] { write_file("/dev/full", "x"); }),
            "cannot write '/dev/full': No space left on device");
}

// A file-size limit fails in the middle of writing, as a full disk does.
TEST(AtomicFile, AFailureWhileWritingLeavesTheOldFile) {
  const TestFolder folder;
  const auto path = folder.write("out.txt", "old");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 1 << 20;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &low), 0);
  const std::string message = error_message(
      ErrorCode::kIo, [&] { write_file(path, std::string(std::size_t{3} << 20, 'x')); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(message, concat("cannot write '", path.string(), "': File too large"));
  EXPECT_EQ(TestFolder::read(path), "old");
  EXPECT_EQ(folder.file_count(), 1U);
}

TEST(AtomicFile, DevicesAreWrittenDirectly) {
  write_file("/dev/null", "x");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST(AtomicFile, SaysWhyItCannotWrite) {
  const TestFolder folder;
  EXPECT_EQ(error_message(ErrorCode::kIo, [&] { AtomicFile file(folder.path()); }),
            "cannot write '" + folder.path().string() + "': it is a directory");
  const auto orphan = folder / "no/such/file";
  EXPECT_EQ(error_message(ErrorCode::kIo, [&] { AtomicFile file(orphan); }),
            "cannot write '" + orphan.string() + "': its folder does not exist; create it first");
}

TEST(AtomicFile, AFailedRenameLeavesNothingBehind) {
  const TestFolder folder;
  {
    AtomicFile file(folder / "out");
    file.write("x");
    fs::create_directory(folder / "out");
    error_message(ErrorCode::kIo, [&] { file.commit(); });
  }
  EXPECT_EQ(folder.file_count(), 1U);
}

TEST(AtomicFile, TwoWritersOfOneFileDoNotMeet) {
  const TestFolder folder;
  AtomicFile first(folder / "out");
  AtomicFile second(folder / "out");
  first.write("first");
  second.write("second");
  second.commit();
  first.commit();
  EXPECT_EQ(TestFolder::read(folder / "out"), "first");
  EXPECT_EQ(folder.file_count(), 1U);
}

}  // namespace
}  // namespace headway
