#include "bench/channel.h"

#include <array>
#include <cstdint>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"

namespace headway::bench {
namespace {

constexpr std::size_t kLengthBytes = 4;

}  // namespace

std::string encode_message(const Json& message) {
  const std::string text = message.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kMaxMessageBytes) {
    fail(ErrorCode::kInternal, "a worker message of ", text.size(), " bytes exceeds the limit of ",
         kMaxMessageBytes);
  }
  std::string frame;
  frame.reserve(kLengthBytes + text.size());
  for (std::size_t byte = 0; byte < kLengthBytes; ++byte) {
    frame += static_cast<char>((text.size() >> (8 * byte)) & 0xff);
  }
  return frame + text;
}

std::optional<Json> MessageReader::next() {
  if (buffer_.size() < kLengthBytes) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t byte = 0; byte < kLengthBytes; ++byte) {
    length |= std::size_t{static_cast<unsigned char>(buffer_[byte])} << (8 * byte);
  }
  if (length > kMaxMessageBytes) {
    fail(ErrorCode::kInvalidArgument, "garbage on the worker channel: a message claims ", length,
         " bytes");
  }
  if (buffer_.size() < kLengthBytes + length) return std::nullopt;
  Json message = Json::parse(buffer_.begin() + kLengthBytes,
                             buffer_.begin() + static_cast<std::ptrdiff_t>(kLengthBytes + length),
                             nullptr, false);
  if (!message.is_object()) {
    fail(ErrorCode::kInvalidArgument, "garbage on the worker channel: a message of ", length,
         " bytes is not a JSON object");
  }
  buffer_.erase(0, kLengthBytes + length);
  return message;
}

void Channel::send(const Json& message) const {
  const std::string frame = encode_message(message);
  for (std::size_t sent = 0; sent < frame.size();) {
    const ssize_t count =
        ::send(descriptor_, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(ErrorCode::kIo, "cannot write to the worker channel: ", strerror(errno));
    sent += static_cast<std::size_t>(count);
  }
}

std::optional<Json> Channel::receive() {
  std::array<char, 65536> bytes;
  for (;;) {
    if (std::optional<Json> message = reader_.next()) return message;
    const ssize_t count = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(ErrorCode::kIo, "cannot read the worker channel: ", strerror(errno));
    if (count == 0) return std::nullopt;
    reader_.append({bytes.data(), static_cast<std::size_t>(count)});
  }
}

}  // namespace headway::bench
