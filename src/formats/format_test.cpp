#include "formats/format.h"

#include <string>

#include <gtest/gtest.h>

namespace headway {
namespace {

FileKind kind_of(const std::string& bytes) {
  return detect_kind(std::as_bytes(std::span(bytes)));
}

TEST(DetectKind, TellsFilesApartByTheirFirstBytes) {
  using namespace std::literals;
  EXPECT_EQ(kind_of("\x08\x08\x12\x07pytorch"s), FileKind::kOnnx);
  EXPECT_EQ(kind_of("\x1f\x8b\x08"s), FileKind::kGzip);
  EXPECT_EQ(kind_of("\x89HDF\r\n\x1a\n"s), FileKind::kHdf5);
  EXPECT_EQ(kind_of("\x93NUMPY\x01"s), FileKind::kNumpy);
  EXPECT_EQ(kind_of("\x80\x02}q"s), FileKind::kTorchWeights);
  EXPECT_EQ(kind_of("\x1c\0\0\0TFL3\0"s), FileKind::kTensorFlowLite);
  EXPECT_EQ(kind_of("\x02\0\0\0\0\0\0\0{}"s), FileKind::kSafetensors);
  EXPECT_EQ(kind_of("  \n<!DOCTYPE HTML><html>"s), FileKind::kHtml);
  EXPECT_EQ(kind_of("version https://git-lfs.github.com/spec/v1"s), FileKind::kGitLfsPointer);
  EXPECT_EQ(kind_of("hello\n"s), FileKind::kText);
  EXPECT_EQ(kind_of(std::string(257, '\0') + "ustar\0"), FileKind::kTarArchive);
  EXPECT_EQ(kind_of("\xff\xfe\xfd"s), FileKind::kUnknown);
  EXPECT_EQ(kind_of(""), FileKind::kUnknown);
}

TEST(DetectKind, TellsArchivesApartByTheirEntries) {
  const auto zip_with = [](const std::string& entries) {
    return kind_of("PK\x03\x04" + entries + "PK\x05\x06");
  };
  EXPECT_EQ(zip_with("m/data.pkl m/code/__torch__.py"), FileKind::kTorchScript);
  EXPECT_EQ(zip_with("archive/data.pkl"), FileKind::kTorchWeights);
  EXPECT_EQ(zip_with("serialized_exported_program.json"), FileKind::kTorchExport);
  EXPECT_EQ(zip_with("notes.txt"), FileKind::kZip);
  EXPECT_EQ(kind_of("PK\x03\x04m/data.pkl"), FileKind::kTruncatedZip);
}

}  // namespace
}  // namespace headway
