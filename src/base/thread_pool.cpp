#include "base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <system_error>
#include <thread>
#include <vector>

#include "base/error.h"

namespace headway {
namespace {

using Clock = std::chrono::steady_clock;

/// Waking a sleeping thread takes some 50 microseconds, longer than many a loop.
constexpr std::chrono::microseconds kSpinTime{30};
constexpr std::chrono::microseconds kBusySpinTime{2000};
constexpr std::chrono::microseconds kLeastSpinTime{5};
constexpr int kPausesPerClockRead = 32;

void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

/// How one thread waits. Where there are more threads than processors, what it waits for may need
/// the very processor that it spins on; then spinning is in vain, and there is less of it the next
/// time.
class Waiter {
 public:
  /// Returns when `word` no longer holds `value`: spins first, longer while `busy` is not zero,
  /// then sleeps.
  void wait_while_equal(const std::atomic<std::uint32_t>& word, std::uint32_t value,
                        const std::atomic<int>& busy) noexcept {
    const Clock::time_point start = Clock::now();
    Clock::duration limit{};
    do {
      for (int i = 0; i < kPausesPerClockRead; ++i) {
        if (word.load(std::memory_order_acquire) != value) {
          patience_ = std::min<Clock::duration>(2 * patience_, kBusySpinTime);
          return;
        }
        pause();
      }
      limit = busy.load(std::memory_order_relaxed) > 0
                  ? patience_
                  : std::min<Clock::duration>(patience_, kSpinTime);
    } while (Clock::now() - start < limit);
    if (limit == patience_) {
      patience_ = std::max<Clock::duration>(patience_ / 4, kLeastSpinTime);
    }
    word.wait(value, std::memory_order_acquire);
  }

 private:
  Clock::duration patience_ = kBusySpinTime;
};

std::int64_t now_ns() noexcept {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

struct ThreadPool::Shared {
  /// A worker's door bell, on a cache line of its own: each ring is one loop to take part in.
  struct alignas(64) Bell {
    std::atomic<std::uint32_t> rings{0};
  };

  explicit Shared(int threads) : bells(static_cast<std::size_t>(threads)) {}
  ~Shared() { dismiss(); }

  std::atomic_flag taken;    ///< By the caller whose loop the workers run.
  std::atomic<int> busy{0};  ///< Busy periods that have begun and not ended.
  std::int64_t tasks = 0;
  int parts = 0;
  void* object = nullptr;
  Invoke invoke = nullptr;  ///< Null tells the workers to leave.
  alignas(64) std::atomic<std::uint32_t> running{0};
  std::vector<Bell> bells;
  std::vector<std::thread> workers;
  Waiter caller;  ///< Of the caller who has `taken`.

  void run_part(int part) const noexcept {
    invoke(object, tasks * part / parts, tasks * (part + 1) / parts, part);
  }

  void ring(int worker) noexcept {
    auto& rings = bells[static_cast<std::size_t>(worker)].rings;
    rings.fetch_add(1, std::memory_order_release);
    rings.notify_one();
  }

  void work(int worker) noexcept {
    const auto& rings = bells[static_cast<std::size_t>(worker)].rings;
    Waiter waiter;
    for (std::uint32_t seen = 0;; ++seen) {
      waiter.wait_while_equal(rings, seen, busy);
      if (!invoke) return;
      run_part(worker);
      if (running.fetch_sub(1, std::memory_order_acq_rel) == 1) running.notify_one();
    }
  }

  void dismiss() noexcept {
    invoke = nullptr;
    for (std::size_t i = 0; i < workers.size(); ++i) ring(static_cast<int>(i) + 1);
    for (std::thread& worker : workers) worker.join();
  }
};

/// A loop's body with a stopwatch around it.
struct ThreadPool::TimedLoop {
  void* object;
  Invoke invoke;
  Activity* activities;

  static void run_part(void* loop, std::int64_t first, std::int64_t last, int part) noexcept {
    const auto& self = *static_cast<const TimedLoop*>(loop);
    Activity& activity = self.activities[part];
    const std::int64_t begin = now_ns();
    self.invoke(self.object, first, last, part);
    activity.end_ns = now_ns();
    activity.busy_ns += activity.end_ns - begin;
    if (activity.begin_ns == 0) activity.begin_ns = begin;
  }
};

void ThreadPool::TransformTimer::start() noexcept {
  begin_ns_ = now_ns();
}

void ThreadPool::TransformTimer::stop() noexcept {
  activity_->transform_ns += now_ns() - begin_ns_;
}

ThreadPool::ThreadPool(int threads) : threads_(threads) {
  if (threads < 1) {
    fail(ErrorCode::kInvalidArgument, "a thread pool needs at least 1 thread, not ", threads);
  }
  shared_ = std::make_shared<Shared>(threads);
  try {
    for (int worker = 1; worker < threads; ++worker) {
      shared_->workers.emplace_back([shared = shared_.get(), worker] { shared->work(worker); });
    }
  } catch (const std::system_error& error) {
    fail(ErrorCode::kOutOfMemory, "cannot start ", threads, " threads (", error.what(),
         "); ask for fewer");
  }
}

void ThreadPool::begin() noexcept {
  shared_->busy.fetch_add(1, std::memory_order_relaxed);
}

void ThreadPool::end() noexcept {
  shared_->busy.fetch_sub(1, std::memory_order_relaxed);
}

void ThreadPool::run(std::int64_t tasks, void* object, Invoke invoke) noexcept {
  if (tasks <= 0) return;
  const auto parts = static_cast<int>(std::min<std::int64_t>(tasks, threads_));
  if (parts == 1 || shared_->taken.test_and_set(std::memory_order_acquire)) {
    invoke(object, 0, tasks, 0);
    return;
  }
  TimedLoop timed{object, invoke, activities_};
  if (activities_ != nullptr) {
    object = &timed;
    invoke = &TimedLoop::run_part;
  }
  Shared& shared = *shared_;
  shared.tasks = tasks;
  shared.parts = parts;
  shared.object = object;
  shared.invoke = invoke;
  shared.running.store(static_cast<std::uint32_t>(parts - 1), std::memory_order_relaxed);
  for (int worker = 1; worker < parts; ++worker) shared.ring(worker);
  shared.run_part(0);
  for (std::uint32_t left; (left = shared.running.load(std::memory_order_acquire)) != 0;) {
    shared.caller.wait_while_equal(shared.running, left, shared.busy);
  }
  if (activities_ != nullptr) activities_[0].wait_ns += now_ns() - activities_[0].end_ns;
  shared.taken.clear(std::memory_order_release);
}

}  // namespace headway
