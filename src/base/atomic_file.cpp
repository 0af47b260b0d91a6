#include "base/atomic_file.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace headway {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBufferBytes = std::size_t{1} << 18;
constexpr std::size_t kLargestWrite = std::size_t{1} << 30;

/// The file behind a symbolic link: the link itself must survive the rename.
fs::path resolve(const fs::path& target) {
  std::error_code error;
  if (!fs::is_symlink(target, error)) return target;
  fs::path resolved = fs::weakly_canonical(target, error);
  return error ? target : resolved;
}

}  // namespace

AtomicFile::AtomicFile(const fs::path& target) : target_(resolve(target)) {
  struct stat status {};
  const bool exists = stat(target_.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) reject("it is a directory");
  if (exists && !S_ISREG(status.st_mode)) {
    file_ = Descriptor(::open(target_.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file_) reject(system_message());
    return;
  }
  for (int attempt = 0; !file_; ++attempt) {
    temporary_ = target_;
    temporary_ += concat(".", getpid(), ".", attempt, ".hwy.tmp");
    file_ = Descriptor(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file_ || (errno == EEXIST && attempt < 1000)) continue;
    temporary_.clear();
    reject(errno == ENOENT ? "its folder does not exist; create it first" : system_message());
  }
  if (exists) fchmod(file_.get(), status.st_mode & 07777U);
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  position_ += bytes.size();
  if (buffer_.size() + bytes.size() > kBufferBytes) flush();
  if (bytes.size() > kBufferBytes) {
    write_through(bytes);
  } else {
    buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
}

void AtomicFile::commit() {
  flush();
  // Pipes and terminals cannot be synchronized (EINVAL), and need not be.
  if (fsync(file_.get()) != 0 && errno != EINVAL && errno != EROFS) reject(system_message());
  if (!file_.reset()) reject(system_message());
  if (temporary_.empty()) return;
  if (rename(temporary_.c_str(), target_.c_str()) != 0) reject(system_message());
  temporary_.clear();
}

void AtomicFile::flush() {
  write_through(std::as_bytes(std::span(buffer_)));
  buffer_.clear();
}

void AtomicFile::write_through(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::write(file_.get(), bytes.data(), std::min(bytes.size(), kLargestWrite));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) reject(system_message());
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::reject(std::string_view reason) const {
  fail(ErrorCode::kIo, "cannot write '", target_.string(), "': ", reason);
}

void write_file(const fs::path& target, std::string_view contents) {
  AtomicFile file(target);
  file.write(contents);
  file.commit();
}

}  // namespace headway
