#include "kernels/peak/meter.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/thread_pool.h"

namespace headway {
namespace {

constexpr std::int64_t kPage = 4096, kHugePage = std::int64_t{2} << 20;
constexpr std::int64_t kRoundsPerPass = 1000;

std::int64_t round_up(std::int64_t bytes, std::int64_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

/// Memory of its own for each thread, in huge pages where the system has them, so that it is the
/// caches that are measured and not the translation of addresses.
class Memory {
 public:
  Memory() = default;
  ~Memory() { release(); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  void grow(ThreadPool& pool, std::int64_t bytes_per_thread) {
    const std::int64_t stride = round_up(bytes_per_thread, kPage);
    if (stride <= stride_) return;
    release();
    map(stride * pool.threads() + kHugePage);
    stride_ = stride;
    // Pages lie near the processor that writes to them first.
    pool.parallel_for(pool.threads(), [&](std::int64_t first, std::int64_t last, int) {
      for (std::int64_t i = first; i < last; ++i)
        std::memset(of_thread(i), 1, static_cast<std::size_t>(stride));
    });
  }

  char* of_thread(std::int64_t thread) { return aligned_ + thread * stride_; }

 private:
  void map(std::int64_t bytes) {
    void* start = mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) {
      fail(ErrorCode::kOutOfMemory, "measuring the memory bandwidth needs ", bytes >> 20,
           " MiB, which the system refuses");
    }
    start_ = static_cast<char*>(start);
    bytes_ = bytes;
    const auto address = reinterpret_cast<std::intptr_t>(start);
    aligned_ = start_ + (round_up(address, kHugePage) - address);
    madvise(start, static_cast<std::size_t>(bytes), MADV_HUGEPAGE);
  }

  void release() {
    if (bytes_ > 0) munmap(start_, static_cast<std::size_t>(bytes_));
    bytes_ = stride_ = 0;
  }

  char* start_ = nullptr;
  std::int64_t bytes_ = 0;
  char* aligned_ = nullptr;  ///< Where the first huge page begins.
  std::int64_t stride_ = 0;  ///< Between the memory of one thread and the next.
};

}  // namespace

/// Threads that measure together.
struct PeakMeter::Team {
  explicit Team(int threads) : pool(threads) {}

  /// Calls `body(thread)` on every thread at once.
  template <typename Body>
  void all(const Body& body) {
    pool.parallel_for(pool.threads(), [&](std::int64_t first, std::int64_t last, int) {
      for (std::int64_t i = first; i < last; ++i) body(i);
    });
  }

  ThreadPool pool;
  Memory memory;
};

PeakMeter::PeakMeter(Isa isa) : loops_(memory_loops(isa)) {}

PeakMeter::~PeakMeter() = default;

PeakMeter::Team& PeakMeter::team_of(int threads) {
  std::unique_ptr<Team>& team = teams_[threads];
  if (!team) team = std::make_unique<Team>(threads);
  return *team;
}

std::size_t PeakMeter::add(Probe probe) {
  probes_.push_back(std::move(probe));
  return probes_.size() - 1;
}

std::size_t PeakMeter::add_arithmetic(const ArithmeticUnit& unit, int threads) {
  Team& team = team_of(threads);
  const ArithmeticLoop& loop = *unit.loop;
  const auto run = [&team, &loop](std::int64_t passes) {
    team.all([&](std::int64_t) { loop.run(passes * kRoundsPerPass, 1, 1); });
  };
  return add({run, static_cast<double>(loop.operations * kRoundsPerPass * threads)});
}

std::size_t PeakMeter::add_read(const MemoryArea& area) {
  Team& team = team_of(area.threads);
  team.memory.grow(team.pool, area.bytes);
  const auto run = [&team, &loops = loops_, area](std::int64_t passes) {
    team.all([&](std::int64_t i) { loops.read(team.memory.of_thread(i), area.bytes, passes); });
  };
  return add({run, static_cast<double>(area.bytes * area.threads), area.level != 0});
}

std::size_t PeakMeter::add_copy(const MemoryArea& area) {
  Team& team = team_of(area.threads);
  team.memory.grow(team.pool, area.bytes);
  const auto run = [&team, &loops = loops_, area](std::int64_t passes) {
    team.all([&](std::int64_t i) {
      char* memory = team.memory.of_thread(i);
      loops.copy(memory, memory + area.bytes / 2, area.bytes / 2, passes);
    });
  };
  return add({run, static_cast<double>(area.bytes * area.threads), area.level != 0});
}

std::vector<Rate> PeakMeter::measure(const SamplingPlan& plan,
                                     const std::function<void(double)>& progress) {
  return sample_rates(probes_, plan, progress);
}

std::vector<MemoryArea> memory_areas_here(int threads) {
  constexpr std::int64_t kMost = std::int64_t{2} << 30;
  const std::int64_t physical = std::int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGE_SIZE);
  return memory_areas(data_caches(), threads, std::min(kMost, physical / 8));
}

}  // namespace headway
