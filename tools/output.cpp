#include "output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"

namespace headway {
namespace {

[[noreturn]] void fail_writing(int error) {
  fail(ErrorCode::kIo, "cannot write to the standard output: ", std::strerror(error));
}

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_writing(errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Names come from files that nobody vouches for: no control character of theirs may reach the
/// terminal.
std::string printable(std::string_view text, bool keep_lines) {
  std::string result(text);
  for (char& c : result) {
    const auto code = static_cast<unsigned char>(c);
    if ((code < 0x20 || code == 0x7f) && !(c == '\n' && keep_lines)) c = ' ';
  }
  return result;
}

}  // namespace

void reserve_standard_descriptors() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    // The lowest free number is the one just found closed. Read-only, so that writing fails.
    if (open("/dev/null", O_RDONLY) != descriptor) return;
  }
}

void print(std::string_view text) {
  std::fflush(stdout);
  write_all(STDOUT_FILENO, printable(text, true));
}

void print_json(const nlohmann::ordered_json& json) {
  print(json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n');
}

void finish_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) fail_writing(errno);
}

void print_error(std::string_view sentence) noexcept {
  try {
    write_all(STDERR_FILENO, printable(concat("headway: ", sentence), false) + '\n');
  } catch (...) {  // nobody is left to be told
  }
}

std::string typed_command() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string text;
  for (std::string word; std::getline(file, word, '\0');) {
    const bool plain = !word.empty() && word.find_first_of(" '\"\\$") == std::string::npos;
    text += (text.empty() ? "" : " ") + (plain ? word : "'" + word + "'");
  }
  return text;
}

std::string grouped(std::int64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const std::size_t left = digits.size() - i;
    if (left % 3 == 0 && !text.empty() && text != "-") text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace headway
