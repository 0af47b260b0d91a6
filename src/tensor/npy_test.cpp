#include "tensor/npy.h"

#include <algorithm>
#include <cstring>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/test_error.h"
#include "base/test_folder.h"
#include "base/zip.h"

namespace headway {
namespace {

/// An .npy file with this header dictionary, unpadded: readers must not rely on padding.
std::string npy(std::string_view dictionary, std::string_view data, char version = 1) {
  std::string file = "\x93NUMPY";
  file += version;
  file += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    file += static_cast<char>((dictionary.size() >> (8 * i)) & 0xffU);
  return concat(file, dictionary, data);
}

std::string npy_of(std::string_view descr, std::string_view shape, std::string_view data,
                   std::string_view order = "False") {
  return npy(
      concat("{'descr': '", descr, "', 'fortran_order': ", order, ", 'shape': ", shape, ", }"),
      data);
}

Tensor parse(const std::string& file) {
  return read_npy(std::as_bytes(std::span(file)), "x.npy");
}

std::string parse_error(ErrorCode code, const std::string& file) {
  return error_message(code, [&] { parse(file); });
}

TEST(Npy, ReadsWhatNumPyWrites) {
  const Tensor tensor = parse(npy_of("<i2", "(2, 3)", std::string("\1\0\2\0\3\0\4\0\5\0\6\1", 12)));
  EXPECT_EQ(tensor.dtype(), DType::kInt16);
  EXPECT_EQ(tensor.shape(), (Shape{2, 3}));
  EXPECT_EQ(tensor.values<std::int16_t>()[1], 2);
  EXPECT_EQ(tensor.values<std::int16_t>()[5], 262);
}

TEST(Npy, ReadsVersionsTwoAndThree) {
  for (const char version : {'\2', '\3'}) {
    const Tensor tensor =
        parse(npy("{\"shape\":(1,),\"fortran_order\":False,\"descr\":\"|u1\"}", "\7", version));
    EXPECT_EQ(tensor.values<std::uint8_t>()[0], 7);
  }
}

TEST(Npy, ReadsShapesInEverySpelling) {
  EXPECT_EQ(parse(npy_of("|u1", "()", "a")).shape(), Shape{});
  EXPECT_EQ(parse(npy_of("|u1", "(2,)", "ab")).shape(), Shape{2});
  EXPECT_EQ(parse(npy_of("|u1", "( 2L , 1L )", "ab")).shape(), (Shape{2, 1}));
  EXPECT_EQ(parse(npy_of("|u1", "(0, 3)", "")).shape(), (Shape{0, 3}));
}

TEST(Npy, ReadsFortranOrder) {
  // Element [i][j][k] of shape 2x3x2 is 100 i + 10 j + k.
  std::string data;
  for (int k = 0; k < 2; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i) data += static_cast<char>(100 * i + 10 * j + k);
  const Tensor tensor = parse(npy_of("|i1", "(2, 3, 2)", data, "True"));
  const auto* element = tensor.data<std::int8_t>();
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 2; ++k) EXPECT_EQ(*element++, 100 * i + 10 * j + k);
  EXPECT_EQ(parse(npy_of("|i1", "(3,)", "abc", "True")).values<std::int8_t>()[2], 'c');
  EXPECT_EQ(parse(npy_of("|i1", "(0, 2)", "", "True")).size(), 0);
  EXPECT_EQ(parse(npy_of("|i1", "()", "a", "True")).size(), 1);
}

std::vector<std::string> strings_in(const std::string& file) {
  const Tensor tensor = parse(file);
  return {tensor.values<std::string>().begin(), tensor.values<std::string>().end()};
}

TEST(Npy, ReadsStrings) {
  const std::vector<std::string> words = {"ab", "", "\u00e9"};
  EXPECT_EQ(strings_in(npy_of("<U2", "(3,)",
                              std::string("a\0\0\0b\0\0\0\0\0\0\0\0\0\0\0\xe9\0\0\0\0\0\0\0", 24))),
            words);
  EXPECT_EQ(strings_in(npy_of(">U1", "(1,)", std::string("\0\1\xf6\0", 4))),
            std::vector<std::string>{"\U0001f600"});
  const std::vector<std::string> bytes = {"abc", "d"};
  EXPECT_EQ(strings_in(npy_of("|S3", "(2,)", std::string("abcd\0\0", 6))), bytes);
  EXPECT_EQ(strings_in(npy_of("<U0", "(2,)", "")), std::vector<std::string>(2));
}

TEST(Npy, RefusesStringsThatAreNone) {
  const ErrorCode bad = ErrorCode::kInvalidModel;
  EXPECT_NE(parse_error(bad, npy_of("<U1", "(1,)", "\xff\xff\xff\xff")).find("no Unicode"),
            std::string::npos);
  for (const char* type : {"<U", "<U-1", "<U1x", "<U99999999999"})
    parse_error(bad, npy_of(type, "(1,)", "abcd"));
  parse_error(bad, npy_of("<U2", "(1,)", "abcd"));
  parse_error(bad, npy_of("<U0", "(99999999999,)", ""));
}

TEST(Npy, WritesStrings) {
  const TestFolder folder;
  const std::vector<std::string> words = {"caf\u00e9", "", "\U0001f600 and \u4e2d"};
  const Tensor tensor = Tensor::from<std::string>({3, 1}, words);
  write_npy(folder / "x.npy", tensor);
  const Tensor read = read_npy(folder / "x.npy");
  EXPECT_EQ(read.shape(), (Shape{3, 1}));
  EXPECT_TRUE(std::ranges::equal(read.values<std::string>(), words));
  error_message(ErrorCode::kInvalidArgument,
                [&] { write_npy(folder / "y.npy", Tensor::from<std::string>({1}, {"\xff"})); });
}

TEST(Npy, ReadsBigEndian) {
  const Tensor tensor = parse(npy_of(">f4", "(2,)", std::string("\x3f\x80\0\0\xc0\0\0\0", 8)));
  EXPECT_EQ(tensor.values<float>()[0], 1.0F);
  EXPECT_EQ(tensor.values<float>()[1], -2.0F);
}

TEST(Npy, NormalizesBooleans) {
  const Tensor tensor = parse(npy_of("|b1", "(3,)", std::string("\0\1\x80", 3)));
  const auto* bytes = static_cast<const unsigned char*>(tensor.raw());
  EXPECT_EQ(bytes[0], 0);
  EXPECT_EQ(bytes[1], 1);
  EXPECT_EQ(bytes[2], 1);
}

TEST(Npy, RefusesOtherTypes) {
  for (const char* descr : {"<c8", "|O", "|V2", "<M8[ns]", "<f16", "bfloat16", ""}) {
    const std::string message = parse_error(ErrorCode::kUnsupported, npy_of(descr, "(1,)", "xxxx"));
    EXPECT_NE(message.find(concat("'x.npy' holds elements of NumPy's type \"", descr, "\"")),
              std::string::npos);
  }
  EXPECT_NE(parse_error(ErrorCode::kUnsupported,
                        npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}", ""))
                .find("holds records with fields"),
            std::string::npos);
}

TEST(Npy, RefusesMalformedFiles) {
  EXPECT_NE(parse_error(ErrorCode::kInvalidModel, "PK\3\4").find("is no .npy file"),
            std::string::npos);
  EXPECT_NE(parse_error(ErrorCode::kUnsupported, npy("{}", "", 4)).find("version 4"),
            std::string::npos);
  parse_error(ErrorCode::kInvalidModel, npy("{}", "", 0));
  for (const char* dictionary :
       {"", "{", "{}", "[]", "{'descr'}", "{'descr': 7}", "{'descr': '<f4}",
        "{'descr': '<f4', 'shape': (1,)}", "{'descr': '<f4', 'fortran_order': Maybe, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x"}) {
    EXPECT_NE(parse_error(ErrorCode::kInvalidModel, npy(dictionary, "1234"))
                  .find("its .npy header is not the dictionary"),
              std::string::npos)
        << dictionary;
  }
}

TEST(Npy, RefusesAWrongAmountOfData) {
  EXPECT_EQ(parse_error(ErrorCode::kInvalidModel, npy_of("<f4", "(2,)", "1234567")),
            "'x.npy' announces 2 elements of type float32, but holds 7 bytes of them");
  parse_error(ErrorCode::kInvalidModel, npy_of("<f4", "(2,)", "123456789"));
  parse_error(ErrorCode::kInvalidModel, npy_of("<f4", "(4611686018427387904,)", ""));
  parse_error(ErrorCode::kInvalidModel, npy_of("<f4", "(4611686018427387904,4)", ""));
}

TEST(Npy, RefusesTruncation) {
  const std::string file = npy_of("<f4", "(1,)", "1234");
  for (std::size_t size = 0; size < file.size(); ++size)
    parse_error(ErrorCode::kInvalidModel, file.substr(0, size));
}

TEST(Npy, WritesWhatNumPyWouldWrite) {
  const TestFolder folder;
  write_npy(folder / "x.npy", Tensor::from<float>({1, 2}, {1, 2}));
  std::string expected = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }";
  expected.resize(117, ' ');
  EXPECT_EQ(TestFolder::read(folder / "x.npy"),
            concat(std::string("\x93NUMPY\1\0\x76\0", 10), expected, "\n",
                   std::string("\0\0\x80\x3f\0\0\0\x40", 8)));
}

void expect_round_trip(const Tensor& tensor) {
  const TestFolder folder;
  write_npy(folder / "x.npy", tensor);
  const Tensor back = read_npy(folder / "x.npy");
  ASSERT_EQ(back.dtype(), tensor.dtype());
  ASSERT_EQ(back.shape(), tensor.shape());
  EXPECT_EQ(std::memcmp(back.raw(), tensor.raw(), tensor.byte_size()), 0);
}

TEST(Npy, RoundTripsEveryDtypeAndShape) {
  for (int i = 0; i <= static_cast<int>(DType::kBool); ++i) {
    const auto dtype = static_cast<DType>(i);
    if (dtype == DType::kBFloat16) continue;
    expect_round_trip(Tensor::from<double>({2, 2}, {1, 0, 3, 100}).to(dtype));
    expect_round_trip(Tensor::zeros(dtype, {}));
    expect_round_trip(Tensor::zeros(dtype, {3}));
    expect_round_trip(Tensor::zeros(dtype, {2, 0}));
  }
  expect_round_trip(Tensor::zeros(DType::kInt8, Shape(30000, 1)));  // Needs version 2.
}

TEST(Npy, RefusesToWriteBFloat16) {
  const TestFolder folder;
  EXPECT_EQ(
      error_message(ErrorCode::kUnsupported,
                    [&] { write_npy(folder / "x.npy", Tensor::zeros(DType::kBFloat16, {1})); }),
      "NumPy's file format has no bfloat16; convert the tensor to float32 first");
  EXPECT_EQ(folder.file_count(), 0U);
}

TEST(Npz, RoundTrips) {
  const TestFolder folder;
  const auto path = folder / "x.npz";
  write_npz(path, NamedTensors{{"input", Tensor::from<float>({2}, {1, 2})},
                               {"a/b", Tensor::from<std::int64_t>({}, {7})}});
  const NamedTensors back = read_npz(path);
  ASSERT_EQ(back.size(), 2U);
  EXPECT_EQ(back[0].first, "input");
  EXPECT_EQ(back[0].second.values<float>()[1], 2.0F);
  EXPECT_EQ(back[1].first, "a/b");
  EXPECT_EQ(back[1].second.values<std::int64_t>()[0], 7);
}

TEST(Npz, NamesTheMemberThatIsWrong) {
  const TestFolder folder;
  const auto path = folder / "x.npz";
  AtomicFile file(path);
  ZipWriter archive(file);
  archive.add("bad.npy", "not an array");
  archive.finish();
  file.commit();
  EXPECT_NE(error_message(ErrorCode::kInvalidModel, [&] { read_npz(path); })
                .find("x.npz:bad.npy' is no .npy file"),
            std::string::npos);
}

}  // namespace
}  // namespace headway
