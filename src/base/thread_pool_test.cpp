#include "base/thread_pool.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "headway/error.h"

namespace headway {
namespace {

TEST(ThreadPool, VisitsEveryTaskOnceWithDistinctThreads) {
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    for (std::int64_t tasks : {0, 1, 2, 3, 7, 8, 1000}) {
      std::vector<int> visits(static_cast<std::size_t>(tasks));
      std::vector<int> calls(static_cast<std::size_t>(threads));
      pool.parallel_for(tasks, [&](std::int64_t first, std::int64_t last, int thread) {
        ++calls.at(static_cast<std::size_t>(thread));
        for (std::int64_t i = first; i < last; ++i) ++visits[static_cast<std::size_t>(i)];
      });
      for (int count : visits) EXPECT_EQ(count, 1);
      for (int count : calls) EXPECT_LE(count, 1);
    }
  }
}

TEST(ThreadPool, RangesDifferByAtMostOneTask) {
  ThreadPool pool(4);
  std::vector<std::int64_t> sizes(4);
  pool.parallel_for(11, [&](std::int64_t first, std::int64_t last, int thread) {
    sizes[static_cast<std::size_t>(thread)] = last - first;
  });
  for (std::int64_t size : sizes) EXPECT_TRUE(size == 2 || size == 3) << size;
}

TEST(ThreadPool, WritesOfTheLoopAreVisibleToTheCaller) {
  ThreadPool pool(4);
  std::vector<int> values(64);
  for (int round = 1; round <= 2000; ++round) {
    pool.parallel_for(64, [&](std::int64_t first, std::int64_t last, int) {
      for (std::int64_t i = first; i < last; ++i) values[static_cast<std::size_t>(i)] = round;
    });
    for (int value : values) ASSERT_EQ(value, round);
  }
}

TEST(ThreadPool, WakesWorkersThatFellAsleep) {
  ThreadPool pool(3);
  std::atomic<int> sum{0};
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    pool.parallel_for(3, [&](std::int64_t first, std::int64_t last, int) {
      sum += static_cast<int>(last - first);
    });
  }
  EXPECT_EQ(sum, 15);
}

TEST(ThreadPool, NestedLoopsRunInline) {
  ThreadPool pool(4);
  std::atomic<int> sum{0};
  pool.parallel_for(4, [&](std::int64_t, std::int64_t, int) {
    pool.parallel_for(10, [&](std::int64_t first, std::int64_t last, int thread) {
      EXPECT_EQ(thread, 0);
      sum += static_cast<int>(last - first);
    });
  });
  EXPECT_EQ(sum, 40);
}

TEST(ThreadPool, SeveralCallersShareIt) {
  ThreadPool pool(2);
  std::vector<std::thread> callers;
  std::atomic<std::int64_t> sum{0};
  for (int caller = 0; caller < 3; ++caller) {
    callers.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        std::int64_t mine[2] = {0, 0};
        pool.parallel_for(100, [&](std::int64_t first, std::int64_t last, int thread) {
          mine[thread] += last - first;
        });
        sum += mine[0] + mine[1];
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sum, 3 * 500 * 100);
}

TEST(ThreadPool, TellsATimedCallerWhatItsThreadsDid) {
  ThreadPool pool(3);
  std::vector<ThreadPool::Activity> activities(3);
  ThreadPool timed = pool.timed(activities);
  const auto uneven = [](std::int64_t first, std::int64_t, int) {
    std::this_thread::sleep_for(std::chrono::milliseconds(first == 0 ? 1 : 4));
  };
  timed.parallel_for(2, uneven);
  timed.parallel_for(2, uneven);
  for (const int thread : {0, 1}) {
    const auto& activity = activities[static_cast<std::size_t>(thread)];
    EXPECT_GE(activity.busy_ns, thread == 0 ? 2'000'000 : 8'000'000);
    EXPECT_GE(activity.end_ns - activity.begin_ns, activity.busy_ns);
  }
  EXPECT_GT(activities[0].wait_ns, 0);
  EXPECT_EQ(activities[1].wait_ns, 0);
  EXPECT_EQ(activities[2].begin_ns, 0);
  EXPECT_EQ(activities[2].busy_ns, 0);
}

TEST(ThreadPool, TellsTransformsApart) {
  ThreadPool pool(2);
  std::vector<ThreadPool::Activity> activities(2);
  const auto body = [](const ThreadPool& threads) {
    return [&threads](std::int64_t, std::int64_t, int thread) {
      for (int i = 0; i < 2; ++i) {
        const ThreadPool::TransformTimer timer(threads, thread);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    };
  };
  ThreadPool timed = pool.timed(activities);
  timed.parallel_for(2, body(timed));
  pool.parallel_for(2, body(pool));
  for (const auto& activity : activities) {
    EXPECT_GE(activity.transform_ns, 2'000'000);
    EXPECT_LE(activity.transform_ns, activity.busy_ns);
  }
  timed.parallel_for(1, body(timed));
  EXPECT_GE(activities[0].transform_ns, 4'000'000);
}

TEST(ThreadPool, DoesNotTimeLoopsOfOthersOrLoopsThatRunAlone) {
  ThreadPool pool(2);
  std::vector<ThreadPool::Activity> activities(2);
  ThreadPool timed = pool.timed(activities);
  timed.parallel_for(1, [](std::int64_t, std::int64_t, int) {});
  pool.parallel_for(2, [&](std::int64_t, std::int64_t, int) {
    timed.parallel_for(2, [](std::int64_t, std::int64_t, int) {});
  });
  for (const auto& activity : activities) EXPECT_EQ(activity.begin_ns, 0);
}

TEST(ThreadPool, RefusesNoThreads) {
  EXPECT_THROW(ThreadPool(0), Error);
}

}  // namespace
}  // namespace headway
