#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/context.h"

namespace headway {

/// Elements moved, or multiplications, below which waking another thread costs more than it saves.
inline constexpr std::int64_t kSmallWork = 16 * 1024;
inline constexpr std::int64_t kSmallProduct = 256 * 1024;

/// parallel_for over `tasks` tasks of `work_per_task` elements each, inline if they are few.
template <typename Body>
void for_tasks(const KernelContext& context, std::int64_t tasks, std::int64_t work_per_task,
               Body&& body) noexcept {
  if (tasks * work_per_task < kSmallWork) {
    if (tasks > 0) body(std::int64_t{0}, tasks, 0);
  } else {
    context.pool.parallel_for(tasks, body);
  }
}

/// body(first, count) over pieces of [0, size) that begin on cache lines of a float array.
template <typename Body>
void for_chunks(const KernelContext& context, std::int64_t size, Body&& body) noexcept {
  constexpr std::int64_t kChunk = 2048;
  const std::int64_t chunks = (size + kChunk - 1) / kChunk;
  for_tasks(context, chunks, kChunk, [&](std::int64_t first, std::int64_t last, int) {
    const std::int64_t end = std::min(last * kChunk, size);
    body(first * kChunk, end - first * kChunk);
  });
}

}  // namespace headway
