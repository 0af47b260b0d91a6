#include "backends/packed_weights.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/thread_pool.h"

namespace headway {

namespace {

/// Blocks grow from the first to the last size, so that many weights share few huge pages and few
/// weights take little memory.
constexpr std::size_t kFirstBlock = std::size_t{1} << 18, kLastBlock = std::size_t{1} << 25;
/// What is larger gets memory of its own.
constexpr std::size_t kLargestInBlock = kLastBlock / 8;
constexpr std::size_t kAlignment = 64;
/// Of a source that is packed at once: little of it is there twice, and much at a time is fast.
constexpr std::int64_t kPieceFloats = 1 << 18;
/// A huge page, which is one page fault.
constexpr std::size_t kSmallestBuffer = std::size_t{1} << 21;

}  // namespace

Tensor PackedWeights::allocate(std::size_t floats) {
  const Shape shape = {static_cast<std::int64_t>(floats)};
  const std::size_t bytes = (floats * sizeof(float) + kAlignment - 1) / kAlignment * kAlignment;
  if (bytes > kLargestInBlock) return Tensor::allocate(DType::kFloat32, shape);
  const std::lock_guard lock(mutex_);
  const std::size_t size = block_.defined() ? block_.byte_size() : 0;
  if (bytes > size - block_used_) {
    const std::size_t next = std::max(std::clamp(2 * size, kFirstBlock, kLastBlock), bytes);
    block_ = Tensor::allocate(DType::kUInt8, {static_cast<std::int64_t>(next)});
    block_used_ = 0;
  }
  auto* start = static_cast<std::byte*>(block_.raw()) + block_used_;
  block_used_ += bytes;
  return Tensor::borrow(start, DType::kFloat32, shape, std::make_shared<Tensor>(block_));
}

Tensor PackedWeights::take_buffer(std::size_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    while (!buffers_.empty()) {
      const Tensor buffer = std::move(buffers_.back());
      buffers_.pop_back();
      if (buffer.byte_size() >= bytes) return buffer;
    }
  }
  const std::size_t size = std::max(std::bit_ceil(bytes), kSmallestBuffer);
  return Tensor::allocate(DType::kUInt8, {static_cast<std::int64_t>(size)});
}

void PackedWeights::finish() {
  const std::lock_guard lock(mutex_);
  buffers_ = {};
}

PackedWeights::Pieces PackedWeights::cut(const Tensor& source, const Packing& packing,
                                         int threads) {
  Pieces pieces;
  pieces.steps = (packing.rows + packing.step - 1) / packing.step;
  pieces.count =
      std::clamp<std::int64_t>((source.size() + kPieceFloats - 1) / kPieceFloats, 1, pieces.steps);
  pieces.row_bytes = source.byte_size() / static_cast<std::size_t>(packing.rows);
  if (reinterpret_cast<std::uintptr_t>(source.raw()) % alignof(float) == 0) return pieces;
  const std::int64_t rows = (pieces.steps + pieces.count - 1) / pieces.count * packing.step;
  const auto most = static_cast<std::size_t>(std::min(rows, packing.rows)) * pieces.row_bytes;
  for (std::int64_t i = 0; i < std::min<std::int64_t>(threads, pieces.count); ++i) {
    pieces.buffers.push_back(take_buffer(most));
  }
  return pieces;
}

Tensor PackedWeights::get(const Tensor& source, const Packing& packing, ThreadPool& pool) {
  const std::pair key(static_cast<const void*>(source.raw()), packing.layout);
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found != entries_.end() &&
        found->second.packed.size() == static_cast<std::int64_t>(packing.floats))
      return found->second.packed;
    if (absent_.contains(source.raw())) {
      fail(ErrorCode::kUnsupported, "it holds no weights of shape ", to_string(source.shape()),
           " in the layout '", packing.layout, "', which is wanted here; compile the model again");
    }
  }
  Tensor packed = allocate(packing.floats);
  Pieces pieces = cut(source, packing, pool.threads());
  pool.parallel_for(pieces.count, [&](std::int64_t first, std::int64_t last, int thread) {
    for (; first < last; ++first) {
      const Range piece = part_of(pieces.steps, first, pieces.count);
      const Range rows{piece.first * packing.step,
                       std::min(piece.last * packing.step, packing.rows)};
      const std::span bytes(static_cast<const std::byte*>(source.raw()) +
                                static_cast<std::size_t>(rows.first) * pieces.row_bytes,
                            static_cast<std::size_t>(rows.last - rows.first) * pieces.row_bytes);
      const void* from = bytes.data();
      if (!pieces.buffers.empty()) {
        void* copy = pieces.buffers[static_cast<std::size_t>(thread)].raw();
        from = std::memcpy(copy, bytes.data(), bytes.size());
      }
      packing.pack(static_cast<const float*>(from), rows, static_cast<float*>(packed.raw()));
      release_part(source.owner(), bytes);
    }
  });
  const std::lock_guard lock(mutex_);
  std::ranges::move(pieces.buffers, std::back_inserter(buffers_));
  if (keep_) {
    const auto [entry, is_new] = entries_.emplace(key, Entry{source, packed});
    if (!is_new) return entry->second.packed;
  }
  bytes_ += packed.byte_size();
  return packed;
}

void PackedWeights::put(const Tensor& source, const std::string& layout, Tensor packed) {
  const std::lock_guard lock(mutex_);
  bytes_ += packed.byte_size();
  entries_.insert_or_assign({source.raw(), layout}, Entry{source, std::move(packed)});
}

void PackedWeights::set_absent(const Tensor& source) {
  const std::lock_guard lock(mutex_);
  absent_.insert(source.raw());
}

void PackedWeights::read_in_place(const Tensor& source) {
  const std::lock_guard lock(mutex_);
  if (absent_.contains(source.raw())) {
    fail(ErrorCode::kUnsupported, "it holds weights of shape ", to_string(source.shape()),
         " only packed, but they are wanted as they were; compile the model again");
  }
  if (keep_) read_in_place_.insert(source.raw());
}

bool PackedWeights::is_read_in_place(const Tensor& source) const {
  const std::lock_guard lock(mutex_);
  return read_in_place_.contains(source.raw());
}

std::vector<PackedWeights::Packed> PackedWeights::of(const Tensor& source) const {
  const std::lock_guard lock(mutex_);
  std::vector<Packed> all;
  for (auto entry = entries_.lower_bound({source.raw(), ""});
       entry != entries_.end() && entry->first.first == source.raw(); ++entry) {
    all.push_back({entry->first.second, entry->second.packed});
  }
  return all;
}

std::size_t PackedWeights::byte_size() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace headway
