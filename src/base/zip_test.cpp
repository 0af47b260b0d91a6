#include "base/zip.h"

#include <cstring>

#include <zlib.h>

#include "base/error.h"
#include "base/test_error.h"
#include "base/test_folder.h"
#include "base/zip_format.h"

namespace headway {
namespace {

/// An archive built by hand, so that every field can be wrong.
struct RawEntry {
  std::string name = "a";
  std::string data = "hello";      // As stored.
  std::string contents = "hello";  // As read.
  std::uint16_t flags = 0;
  std::uint16_t method = zip::kStored;
  std::string extra;  // Of the central header.
};

std::string deflate_all(const std::string& contents) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, contents.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(contents.data()));
  stream.avail_in = static_cast<uInt>(contents.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

RawEntry deflated(const std::string& name, const std::string& contents) {
  return {name, deflate_all(contents), contents, 0, zip::kDeflated, ""};
}

std::string header_fields(const RawEntry& entry) {
  std::string out;
  zip::put16(out, 20);
  zip::put16(out, entry.flags);
  zip::put16(out, entry.method);
  zip::put32(out, 0);
  zip::put32(out, crc32(0, reinterpret_cast<const Bytef*>(entry.contents.data()),
                        static_cast<uInt>(entry.contents.size())));
  zip::put32(out, entry.data.size());
  zip::put32(out, entry.contents.size());
  zip::put16(out, entry.name.size());
  return out;
}

std::string end_record(std::size_t count, std::size_t size, std::size_t offset) {
  std::string out;
  zip::put32(out, zip::kEndSignature);
  zip::put32(out, 0);
  zip::put16(out, count);
  zip::put16(out, count);
  zip::put32(out, size);
  zip::put32(out, offset);
  zip::put16(out, 0);
  return out;
}

struct Archive {
  std::string bytes;
  std::size_t directory = 0;
};

Archive build(const std::vector<RawEntry>& entries) {
  std::string out;
  std::string directory;
  for (const RawEntry& entry : entries) {
    zip::put32(directory, zip::kCentralSignature);
    zip::put16(directory, 20);
    directory += header_fields(entry);
    zip::put16(directory, entry.extra.size());
    directory += std::string(10, '\0');
    zip::put32(directory, out.size());
    directory += entry.name + entry.extra;

    zip::put32(out, zip::kLocalSignature);
    out += header_fields(entry);
    zip::put16(out, 0);
    out += entry.name + entry.data;
  }
  const std::size_t offset = out.size();
  return {out + directory + end_record(entries.size(), directory.size(), offset), offset};
}

ZipReader open(const std::string& bytes) {
  return {std::as_bytes(std::span(bytes)), "test.zip"};
}

std::string open_error(ErrorCode code, const std::string& bytes) {
  return error_message(code, [&] { open(bytes); });
}

/// Overwrites a 16-bit field and says how the archive is refused.
std::string patched(ErrorCode code, Archive archive, std::size_t offset, std::uint16_t value) {
  std::memcpy(archive.bytes.data() + offset, &value, sizeof value);
  return open_error(code, archive.bytes);
}

bool mentions(const std::string& message, std::string_view part) {
  return message.find(part) != std::string::npos && message.find("test.zip") != std::string::npos;
}

TEST(ZipReader, ReadsStoredAndDeflatedEntries) {
  const std::string large(100000, 'z');
  const Archive archive = build({{}, deflated("folder/b", large), {"folder/", "", ""}});
  const ZipReader reader = open(archive.bytes);
  ASSERT_EQ(reader.entries().size(), 2U);
  EXPECT_EQ(reader.read(reader.at("a")), "hello");
  EXPECT_EQ(reader.read(reader.at("folder/b")), large);
  EXPECT_EQ(reader.find("c"), nullptr);
  EXPECT_EQ(reader.view(reader.at("a")).size(), 5U);
  EXPECT_EQ(error_message(ErrorCode::kInvalidModel, [&] { reader.at("c"); }),
            "'test.zip' has no entry \"c\"");
  error_message(ErrorCode::kUnsupported, [&] { reader.view(reader.at("folder/b")); });
}

TEST(ZipReader, ToleratesATrailingComment) {
  Archive archive = build({{}});
  archive.bytes[archive.bytes.size() - 2] = 7;
  archive.bytes += "comment";
  EXPECT_EQ(open(archive.bytes).entries().size(), 1U);
}

TEST(ZipReader, EmptyArchive) {
  EXPECT_TRUE(open(build({}).bytes).entries().empty());
}

TEST(ZipReader, RefusesWhatIsNoArchive) {
  EXPECT_TRUE(mentions(open_error(ErrorCode::kInvalidModel, ""), "its end record is missing"));
  open_error(ErrorCode::kInvalidModel, "not a zip archive at all, but long enough for one");
  const std::string bytes = build({{}, deflated("b", "text")}).bytes;
  for (std::size_t size = 0; size < bytes.size(); ++size)
    open_error(ErrorCode::kInvalidModel, bytes.substr(0, size));
}

TEST(ZipReader, RefusesForbiddenFeatures) {
  EXPECT_TRUE(mentions(open_error(ErrorCode::kUnsupported, build({{"a", "x", "x", 1}}).bytes),
                       "entry \"a\" is encrypted"));
  EXPECT_TRUE(mentions(open_error(ErrorCode::kUnsupported, build({{"a", "x", "x", 0, 12}}).bytes),
                       "entry \"a\" is compressed by method 12"));
  const Archive plain = build({{}});
  const std::size_t end = plain.bytes.size() - zip::kEndBytes;
  EXPECT_TRUE(mentions(patched(ErrorCode::kUnsupported, plain, end + 4, 1), "split"));
}

TEST(ZipReader, RefusesContradictions) {
  const Archive plain = build({{}});
  const auto refused = [&](std::size_t offset, std::uint16_t value) {
    return patched(ErrorCode::kInvalidModel, plain, offset, value);
  };
  const std::size_t end = plain.bytes.size() - zip::kEndBytes;
  EXPECT_TRUE(mentions(refused(end + 16, 1), "not where its end record says"));
  EXPECT_TRUE(mentions(refused(plain.directory, 0), "entry 0 of its central directory"));
  EXPECT_TRUE(mentions(refused(plain.directory + 28, 500), "truncated"));
  EXPECT_TRUE(mentions(refused(plain.directory + 28, 0), "no proper name"));
  EXPECT_TRUE(mentions(refused(plain.directory + 42, 9), "has no local header"));
  EXPECT_TRUE(mentions(refused(plain.directory + 42, 60000), "outside of the file"));
  EXPECT_TRUE(mentions(refused(plain.directory + 20, 4), "claims to hold 5 bytes in 4"));
  EXPECT_TRUE(mentions(refused(8, zip::kDeflated), "contradicts its local header"));
  EXPECT_TRUE(mentions(refused(30, 'b'), "contradicts its local header"));
  EXPECT_TRUE(mentions(refused(28, 1), "outside of the file"));
}

TEST(ZipReader, RefusesNamesThatLeadOut) {
  for (const char* name : {"/a", "../a", "a/../../b", "a/..", "a\\b", "c:a"}) {
    EXPECT_TRUE(mentions(open_error(ErrorCode::kInvalidModel, build({{name}}).bytes),
                         "outside of the folder"))
        << name;
  }
  for (const char* name : {"a/..b", "...", ".data/version"}) open(build({{name}}).bytes);
}

TEST(ZipReader, LocalSizesAgreeOrAreMissing) {
  const Archive plain = build({{}});
  for (const std::size_t field : {18, 22}) {
    EXPECT_TRUE(mentions(patched(ErrorCode::kInvalidModel, plain, field, 4),
                         "contradicts its local header"));
    Archive missing = plain;
    std::memset(missing.bytes.data() + field, 0, 4);
    EXPECT_EQ(open(missing.bytes).read(open(missing.bytes).at("a")), "hello");
  }
}

TEST(ZipReader, RefusesAWrongCount) {
  Archive archive = build({{}});
  const std::size_t end = archive.bytes.size() - zip::kEndBytes;
  archive.bytes[end + 8] = archive.bytes[end + 10] = 2;
  EXPECT_TRUE(mentions(open_error(ErrorCode::kInvalidModel, archive.bytes),
                       "announces 2 entries, but lists 1"));
}

TEST(ZipReader, RefusesDuplicatesAndOverlap) {
  EXPECT_TRUE(mentions(open_error(ErrorCode::kInvalidModel, build({{}, {}}).bytes),
                       "two entries named \"a\""));
  // Two central headers that share one local entry.
  Archive archive = build({{}});
  const std::size_t size = archive.bytes.size() - zip::kEndBytes - archive.directory;
  const std::string header = archive.bytes.substr(archive.directory, size);
  const std::string twice = archive.bytes.substr(0, archive.directory) + header + header +
                            end_record(2, 2 * size, archive.directory);
  EXPECT_TRUE(mentions(open_error(ErrorCode::kInvalidModel, twice), "overlap"));
}

TEST(ZipReader, RefusesBombs) {
  RawEntry bomb = deflated("bomb", "x");
  Archive archive = build({bomb});
  const std::uint32_t huge = 0xfffffffe;
  std::memcpy(archive.bytes.data() + archive.directory + 24, &huge, sizeof huge);
  EXPECT_TRUE(mentions(open_error(ErrorCode::kInvalidModel, archive.bytes), "claims to hold"));

  const std::string large(100000, 'z');
  const Archive honest = build({deflated("b", large)});
  const ZipReader reader = open(honest.bytes);
  EXPECT_TRUE(
      mentions(error_message(ErrorCode::kOutOfMemory, [&] { reader.read(reader.at("b"), 99999); }),
               "more than the 99999 allowed"));
  EXPECT_EQ(reader.read(reader.at("b"), 100000), large);
}

TEST(ZipReader, FindsDamage) {
  const auto damaged = [](Archive archive, std::size_t offset) {
    archive.bytes[offset] = static_cast<char>(archive.bytes[offset] ^ 0x55);
    const ZipReader reader = open(archive.bytes);
    const std::string message =
        error_message(ErrorCode::kInvalidModel, [&] { reader.read(reader.at("a")); });
    EXPECT_TRUE(mentions(message, "entry \"a\" is damaged"));
  };
  damaged(build({{}}), 31);
  const Archive archive = build({deflated("a", "some text, some text, some text")});
  for (std::size_t i = 31; i < archive.directory; ++i) damaged(archive, i);

  // Sizes that do not fit the stream.
  for (const char* contents : {"shorter", "some text that is longer"}) {
    RawEntry entry = deflated("a", "some text here");
    entry.contents = contents;
    const Archive wrong = build({entry});
    const ZipReader reader = open(wrong.bytes);
    error_message(ErrorCode::kInvalidModel, [&] { reader.read(reader.at("a")); });
  }
}

TEST(ZipReader, Zip64NumbersMustBeThere) {
  Archive archive = build({{}});
  std::memset(archive.bytes.data() + archive.directory + 20, 0xff, 8);
  EXPECT_TRUE(
      mentions(open_error(ErrorCode::kInvalidModel, archive.bytes), "lacks its zip64 numbers"));
  Archive malformed = build({{"a", "x", "x", 0, 0, std::string("\x01\x00\x20\x00", 4)}});
  EXPECT_TRUE(mentions(open_error(ErrorCode::kInvalidModel, malformed.bytes), "malformed"));
}

class ZipWriterTest : public testing::Test {
 protected:
  const TestFolder folder_;
  const std::filesystem::path path_ = folder_ / "out.zip";
};

TEST_F(ZipWriterTest, RoundTripsAligned) {
  AtomicFile file(path_);
  ZipWriter writer(file);
  std::vector<std::string> contents;
  for (int i = 0; i < 70; ++i) {
    contents.emplace_back(static_cast<std::size_t>(i * i), static_cast<char>(i));
    writer.add(concat("data/", std::string(static_cast<std::size_t>(i + 1), 'n')), contents.back(),
               64);
  }
  writer.finish();
  file.commit();
  const ZipReader reader(MappedFile::open(path_));
  ASSERT_EQ(reader.entries().size(), contents.size());
  for (std::size_t i = 0; i < contents.size(); ++i) {
    const ZipEntry& entry = reader.at(concat("data/", std::string(i + 1, 'n')));
    EXPECT_EQ(entry.offset % 64, 0U);
    EXPECT_FALSE(entry.deflated);
    EXPECT_EQ(reader.read(entry), contents[i]);
  }
}

TEST_F(ZipWriterTest, Zip64RoundTrips) {
  AtomicFile file(path_);
  ZipWriter writer(file, 100);
  writer.add("small", "hello");
  writer.add("large", std::string(200, 'x'), 64);
  writer.add("last", "behind the limit");
  writer.finish();
  file.commit();
  const ZipReader reader(MappedFile::open(path_));
  EXPECT_EQ(reader.read(reader.at("small")), "hello");
  EXPECT_EQ(reader.read(reader.at("large")), std::string(200, 'x'));
  EXPECT_EQ(reader.read(reader.at("last")), "behind the limit");
}

TEST_F(ZipWriterTest, ManyEntriesNeedZip64) {
  constexpr int kCount = 70000;
  AtomicFile file(path_);
  ZipWriter writer(file);
  for (int i = 0; i < kCount; ++i) writer.add(std::to_string(i), "");
  writer.finish();
  file.commit();
  EXPECT_EQ(ZipReader(MappedFile::open(path_)).entries().size(), std::size_t{kCount});
}

TEST_F(ZipWriterTest, TheSameInputGivesTheSameBytes) {
  std::string first;
  for (int i = 0; i < 2; ++i) {
    AtomicFile file(path_);
    ZipWriter writer(file);
    writer.add("a", "hello");
    writer.finish();
    file.commit();
    if (i == 0) first = TestFolder::read(path_);
  }
  EXPECT_EQ(TestFolder::read(path_), first);
}

TEST_F(ZipWriterTest, RefusesBadNames) {
  AtomicFile file(path_);
  ZipWriter writer(file);
  writer.add("a", "");
  EXPECT_NE(error_message(ErrorCode::kInvalidArgument, [&] { writer.add("a", ""); })
                .find("it is there already"),
            std::string::npos);
  error_message(ErrorCode::kInvalidArgument, [&] { writer.add("", ""); });
  error_message(ErrorCode::kInvalidArgument, [&] { writer.add(std::string(70000, 'n'), ""); });
}

}  // namespace
}  // namespace headway
