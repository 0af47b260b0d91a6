#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

namespace headway {

/// A fixed set of threads, the caller being one of them, that share loops. Between the loops of a
/// Busy period workers spin, for a while at least; otherwise they soon sleep. Any thread may call
/// parallel_for; while one caller has the workers, others run their loops alone instead of queueing
/// or oversubscribing the processors.
class ThreadPool {
 public:
  /// What one thread did in shared loops. Times are nanoseconds of std::chrono::steady_clock.
  struct alignas(64) Activity {
    std::int64_t begin_ns = 0;      ///< When it began its first range; 0 if it had none.
    std::int64_t end_ns = 0;        ///< When it ended its last range.
    std::int64_t busy_ns = 0;       ///< Spent in its ranges.
    std::int64_t wait_ns = 0;       ///< Of the caller, thread 0: spent waiting for the others.
    std::int64_t transform_ns = 0;  ///< Spent in TransformTimers.
  };

  /// While it exists, the thread whose range this is prepares data for another form of the same
  /// computation and back (Winograd's transforms), which profiles tell apart. Free of cost unless
  /// the loop is timed.
  class TransformTimer {
   public:
    TransformTimer(const ThreadPool& pool, int thread) noexcept
        : activity_(pool.activities_ ? pool.activities_ + thread : nullptr) {
      if (activity_ != nullptr) start();
    }
    ~TransformTimer() {
      if (activity_ != nullptr) stop();
    }
    TransformTimer(const TransformTimer&) = delete;
    TransformTimer& operator=(const TransformTimer&) = delete;

   private:
    void start() noexcept;
    void stop() noexcept;

    Activity* activity_;
    std::int64_t begin_ns_ = 0;
  };

  /// `threads` includes the caller: 1 starts none. Throws Error(kInvalidArgument) if it is not
  /// positive, Error(kOutOfMemory) if the system refuses to start so many.
  explicit ThreadPool(int threads);
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

  /// The same threads for one caller who wants to know what they do: shared loops of the returned
  /// handle add to `activities`, one per thread; loops that run alone add nothing.
  ThreadPool timed(std::span<Activity> activities) const noexcept { return {*this, activities}; }

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
  struct TimedLoop;

  ThreadPool(const ThreadPool& pool, std::span<Activity> activities) noexcept
      : threads_(pool.threads_), shared_(pool.shared_), activities_(activities.data()) {}

  void run(std::int64_t tasks, void* object, Invoke invoke) noexcept;
  void begin() noexcept;
  void end() noexcept;

  int threads_;
  std::shared_ptr<Shared> shared_;
  Activity* activities_ = nullptr;  ///< One per thread, or null: loops are not timed.
};

}  // namespace headway
