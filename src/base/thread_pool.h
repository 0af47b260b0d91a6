#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace headway {

/// A fixed set of threads, the caller being one of them, that share loops. Between the loops of a
/// Busy period workers spin, for a while at least; otherwise they soon sleep. Any thread may call
/// parallel_for; while one caller has the workers, others run their loops alone instead of queueing
/// or oversubscribing the processors.
class ThreadPool {
 public:
  /// `threads` includes the caller: 1 starts none. Throws Error(kInvalidArgument) if it is not
  /// positive, Error(kOutOfMemory) if the system refuses to start so many.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const noexcept { return threads_; }

  /// While one exists many short loops are expected, one soon after the other.
  class Busy {
   public:
    explicit Busy(ThreadPool& pool) noexcept : pool_(pool) { pool_.begin(); }
    ~Busy() { pool_.end(); }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    ThreadPool& pool_;
  };

  /// Splits [0, tasks) evenly into at most threads() contiguous ranges and calls
  /// `body(first, last, thread)` for each, all at once; returns when all are done. `thread` is in
  /// [0, threads()) and differs between calls that run at the same time, so it may index scratch
  /// memory that belongs to the caller of parallel_for. Nested calls run inline, with `thread` 0.
  /// Allocates nothing. `body` must not throw.
  template <typename Body>
  void parallel_for(std::int64_t tasks, Body&& body) noexcept {
    using Function = std::remove_reference_t<Body>;
    run(tasks, const_cast<void*>(static_cast<const void*>(&body)),
        [](void* object, std::int64_t first, std::int64_t last, int thread) noexcept {
          (*static_cast<Function*>(object))(first, last, thread);
        });
  }

 private:
  using Invoke = void (*)(void* object, std::int64_t first, std::int64_t last, int thread) noexcept;
  struct Shared;

  void run(std::int64_t tasks, void* object, Invoke invoke) noexcept;
  void begin() noexcept;
  void end() noexcept;

  int threads_;
  std::unique_ptr<Shared> shared_;
};

}  // namespace headway
