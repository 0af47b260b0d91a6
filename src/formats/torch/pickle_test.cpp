#include "formats/torch/pickle.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_error.h"

namespace headway::torch {
namespace {

using Kind = PickleObject::Kind;
using namespace std::literals;

/// The bytes must outlive the result.
Pickle read(const std::string& bytes) {
  return read_pickle(std::as_bytes(std::span(bytes)), "test.pkl",
                     [](const PickleObject&) -> PickleValue { return std::int64_t{42}; });
}

bool refused(const std::string& bytes, std::string_view part,
             ErrorCode code = ErrorCode::kInvalidModel) {
  const std::string message = error_message(code, [&] { read(bytes); });
  return message.find(part) != std::string::npos && message.starts_with("test.pkl");
}

TEST(Pickle, ReadsWhatPythonWrites) {
  // pickle.dumps({"a": [1, -2, 300, 70000, -1 << 40, 0.5, None, True, ()]}, 2)
  const std::string bytes =
      "\x80\x02}q\0X\x01\0\0\0aq\1]q\2(K\1J\xfe\xff\xff\xffM,\1Jp\x11\1\0\x8a\x06\0\0\0\0\0\xff"
      "G?\xe0\0\0\0\0\0\0N\x88)es."s;
  const Pickle pickle = read(bytes);
  EXPECT_EQ(pickle.size, bytes.size());
  const PickleObject* dict = as(pickle.root, Kind::kDict);
  ASSERT_NE(dict, nullptr);
  EXPECT_EQ(dict->find("b"), nullptr);
  const PickleObject* list = as(*dict->find("a"), Kind::kList);
  ASSERT_EQ(list->items.size(), 9U);
  const std::int64_t integers[] = {1, -2, 300, 70000, -(std::int64_t{1} << 40)};
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_EQ(std::get<std::int64_t>(list->items[i]), integers[i]);
  EXPECT_EQ(std::get<double>(list->items[5]), 0.5);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(list->items[6]));
  EXPECT_TRUE(std::get<bool>(list->items[7]));
  EXPECT_TRUE(as(list->items[8], Kind::kTuple)->items.empty());
}

TEST(Pickle, ReadsFramesAndMemosOfProtocol4) {
  const std::string bytes =
      "\x80\x04\x95\x0b\0\0\0\0\0\0\0\x8c\x07"
      "builtin\x94\x8c\x01x\x94\x93\x94)R\x94h\x01\x86."s;
  const Pickle pickle = read(bytes);
  const PickleObject* pair = as(pickle.root, Kind::kTuple);
  ASSERT_NE(pair, nullptr);
  EXPECT_EQ(as(pair->items[0], Kind::kRecord)->name, "builtin.x");
  EXPECT_EQ(std::get<std::string_view>(pair->items[1]), "x");
}

// What made pickles dangerous: calls of anything at all.
TEST(Pickle, CallsNothing) {
  for (const char* function : {"os\nsystem", "builtins\neval", "torch.hub\nload", "runpy\nrun_path",
                               "torch.jit.unsupported_tensor_ops\nexecWrapper"}) {
    const std::string bytes =
        "\x80\x02"
        "c"s +
        function + "\nX\x02\0\0\0id\x85R."s;
    const Pickle pickle = read(bytes);
    const PickleObject* record = as(pickle.root, Kind::kRecord);
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(as(record->items[0], Kind::kTuple)->items.size(), 1U);
  }
}

TEST(Pickle, ClassesAreRecordsWithState) {
  const std::string bytes =
      "\x80\x02"
      "c__torch__\nNet\n)\x81}X\x01\0\0\0wK\7sb."s;
  const Pickle pickle = read(bytes);
  const PickleObject* record = as(pickle.root, Kind::kRecord);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->name, "__torch__.Net");
  EXPECT_EQ(std::get<std::int64_t>(*as(record->state, Kind::kDict)->find("w")), 7);
}

TEST(Pickle, OrderedDictsAreDicts) {
  // As Python 2 wrote them.
  const std::string python2 =
      "\x80\x02"
      "ccollections\nOrderedDict\n](](X\x01\0\0\0aK\1ee\x85R}X\x01\0\0\0mNsb."s;
  const Pickle pickle = read(python2);
  EXPECT_EQ(std::get<std::int64_t>(*as(pickle.root, Kind::kDict)->find("a")), 1);
  EXPECT_TRUE(
      refused("\x80\x02"
              "ccollections\nOrderedDict\nK\1\x85R."s,
              "does not take"));
}

// CVE-2026-24747: SETITEM(S) on what is no dict.
TEST(Pickle, ItemsGoIntoDictsAndListsOnly) {
  EXPECT_TRUE(refused("\x80\x02]K\1K\2s."s, "no dict"));
  EXPECT_TRUE(refused("\x80\x02](K\1K\2u."s, "no dict"));
  EXPECT_TRUE(refused("\x80\x02K\1K\1K\2s."s, "no dict"));
  EXPECT_TRUE(refused("\x80\x02)K\1a."s, "no list"));
  EXPECT_TRUE(refused("\x80\x02}(K\1e."s, "no list"));
  EXPECT_TRUE(refused("\x80\x02}(K\1u."s, "no value"));
  EXPECT_TRUE(refused("\x80\x02]}b."s, "no object"));
  EXPECT_TRUE(refused("\x80\x02K\1}b."s, "no object"));
}

TEST(Pickle, RefusesWhatIsMalformed) {
  EXPECT_TRUE(refused("", "ends in the middle"));
  EXPECT_TRUE(refused("\x80\x02X\xff\xff\xff\x7f."s, "ends in the middle"));
  EXPECT_TRUE(
      refused("\x80\x02"
              "cos\nsystem"s,
              "ends in the middle"));
  EXPECT_TRUE(refused("\x80\x02."s, "takes more than there is"));
  EXPECT_TRUE(refused("\x80\x02K\1(\x85."s, "takes more than there is"));
  EXPECT_TRUE(refused("\x80\x02K\1t."s, "mark"));
  EXPECT_TRUE(refused("\x80\x02h\1."s, "never remembered"));
  EXPECT_TRUE(refused("\x80\x02q\1."s, "not there"));
  EXPECT_TRUE(refused("\x80\x02K\1K\1R."s, "no class or function"));
  EXPECT_TRUE(refused("\x80\x02K\1Q."s, "persistent id"));
  EXPECT_TRUE(refused("\x80\x02K\1)\x93."s, "proper name"));
}

TEST(Pickle, RefusesWhatPyTorchDoesNotWrite) {
  for (const char opcode : "iopPS0123\x82") {
    if (opcode == '\0') continue;
    EXPECT_TRUE(refused("\x80\x02N"s + opcode, "refused", ErrorCode::kUnsupported)) << opcode;
  }
  EXPECT_TRUE(refused("\x80\x01."s, "protocol 1", ErrorCode::kUnsupported));
  EXPECT_TRUE(
      refused("\x80\x02\x8a\x09"s + std::string(9, 'x') + ".", "64 bits", ErrorCode::kUnsupported));
}

TEST(Pickle, DepthAndCyclesDoNoHarm) {
  std::string deep = "\x80\x02";
  for (int i = 0; i < 200'000; ++i) deep += ']';
  for (int i = 1; i < 200'000; ++i) deep += 'a';
  read(deep + ".");
  read("\x80\x02]q\1h\1a."s);
}

TEST(Pickle, RefusesBombs) {
  // A list of pairs that is made a dict over and over.
  std::string bytes =
      "\x80\x02"
      "ccollections\nOrderedDict\nq\x05](";
  for (int i = 0; i < 1000; ++i) bytes += "](K\1K\2e";
  bytes += "e\x85q\2";
  for (int i = 0; i < 1000; ++i) bytes += "h\5h\2R";
  EXPECT_TRUE(refused(bytes + ".", "repeats its items"));
}

}  // namespace
}  // namespace headway::torch
