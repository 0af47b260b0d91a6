#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace headway::bench {

using Json = nlohmann::json;

/// Incremented whenever a message changes its meaning; both sides must agree.
inline constexpr int kProtocolVersion = 1;

/// Longest message either side accepts.
inline constexpr std::size_t kMaxMessageBytes = std::size_t{64} << 20;

/// One message as it travels: four bytes of length (little-endian), then that many bytes of JSON.
std::string encode_message(const Json& message);

/// Cuts a byte stream into messages.
class MessageReader {
 public:
  void append(std::string_view bytes) { buffer_.append(bytes); }

  /// The next complete message, if there is one.
  /// Throws Error(kInvalidArgument) if the stream is not what encode_message writes.
  std::optional<Json> next();

 private:
  std::string buffer_;
};

/// The worker's end of the socket: blocking, and deaf to the interruptions that SIGSTOP/SIGCONT
/// cause.
class Channel {
 public:
  /// `descriptor` stays open for the life of the process.
  explicit Channel(int descriptor) : descriptor_(descriptor) {}

  void send(const Json& message) const;

  /// Empty when the other side has closed the channel.
  std::optional<Json> receive();

 private:
  int descriptor_;
  MessageReader reader_;
};

}  // namespace headway::bench
