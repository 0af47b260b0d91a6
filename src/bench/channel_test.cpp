#include "bench/channel.h"

#include <gtest/gtest.h>

#include "headway/error.h"

namespace headway::bench {
namespace {

TEST(MessageReader, ReassemblesMessagesFromAnyPieces) {
  const std::string bytes = encode_message({{"a", 1}}) + encode_message({{"b", "ü"}});
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    MessageReader reader;
    std::vector<Json> messages;
    for (std::size_t start = 0; start < bytes.size(); start += piece) {
      reader.append(std::string_view(bytes).substr(start, piece));
      while (const std::optional<Json> message = reader.next()) messages.push_back(*message);
    }
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[0].at("a"), 1);
    EXPECT_EQ(messages[1].at("b"), "ü");
  }
}

TEST(MessageReader, RefusesGarbage) {
  MessageReader huge;
  huge.append("\xff\xff\xff\xff");
  EXPECT_THROW(huge.next(), Error);

  MessageReader text;
  text.append(std::string("\x04\0\0\0oops", 8));
  EXPECT_THROW(text.next(), Error);

  MessageReader number;
  number.append(
      std::string("\x02\0\0\0"
                  "42",
                  6));
  EXPECT_THROW(number.next(), Error);
}

TEST(EncodeMessage, SurvivesInvalidUtf8) {
  MessageReader reader;
  reader.append(encode_message({{"text", "\xff\xfe"}}));
  EXPECT_TRUE(reader.next().has_value());
}

}  // namespace
}  // namespace headway::bench
