#include "base/mapped_file.h"

#include <cerrno>
#include <cstdint>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/error.h"

namespace headway {

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
  // Without O_NONBLOCK, opening a named pipe would wait for its writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) {
    const int error = errno;
    const bool missing = error == ENOENT || error == ENOTDIR;
    fail(missing ? ErrorCode::kNotFound : ErrorCode::kIo, "cannot open '", path.string(),
         "': ", missing ? "there is no such file" : std::generic_category().message(error));
  }
  struct stat status {};
  if (fstat(file.get(), &status) != 0)
    fail(ErrorCode::kIo, "cannot inspect '", path.string(), "': ", system_message());
  if (S_ISDIR(status.st_mode))
    fail(ErrorCode::kIo, "cannot read '", path.string(), "': it is a directory, not a file");
  if (!S_ISREG(status.st_mode))
    fail(ErrorCode::kIo, "cannot read '", path.string(), "': it is not a regular file");
  if (status.st_size == 0) fail(ErrorCode::kInvalidModel, "'", path.string(), "' is empty");

  const auto size = static_cast<std::size_t>(status.st_size);
  void* address = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED)
    fail(ErrorCode::kIo, "cannot map '", path.string(), "' into memory: ", system_message());
  return std::shared_ptr<const MappedFile>(
      new MappedFile(path, {static_cast<const std::byte*>(address), size}));
}

MappedFile::~MappedFile() {
  munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void MappedFile::release(std::span<const std::byte> range) const noexcept {
  // Only whole pages: the neighbours may still be in use. The mapping starts on a page.
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const auto offset = static_cast<std::size_t>(range.data() - bytes_.data());
  const std::size_t first = (offset + page - 1) / page * page;
  std::size_t last = offset + range.size();
  if (last < bytes_.size()) last = last / page * page;
  if (first < last)
    madvise(const_cast<std::byte*>(bytes_.data()) + first, last - first, MADV_DONTNEED);
}

namespace {

struct ReleaseRange {
  std::shared_ptr<const MappedFile> file;
  std::span<const std::byte> range;

  void operator()(const void*) const noexcept { file->release(range); }
};

}  // namespace

std::shared_ptr<const void> own_range(std::shared_ptr<const MappedFile> file,
                                      std::span<const std::byte> range) {
  const void* address = range.data();
  return {address, ReleaseRange{std::move(file), range}};
}

void release_part(const std::shared_ptr<const void>& owner,
                  std::span<const std::byte> part) noexcept {
  if (const auto* owning = std::get_deleter<ReleaseRange>(owner)) owning->file->release(part);
}

}  // namespace headway
