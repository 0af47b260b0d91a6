#include "bench/worker_process.h"

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace headway::bench {
namespace {

constexpr std::int64_t kTimeout = 20'000'000'000;

/// The letter that the kernel gives to the process's state; 'X' if it is gone.
char state_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t end = text.rfind(')');
  return end == std::string::npos ? 'X' : text[end + 2];
}

/// Waits for something that will come soon, however busy the machine is.
template <typename Condition>
bool eventually(Condition condition) {
  for (int attempt = 0; attempt < 2000; ++attempt) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST(WorkerProcess, SleepsWhilePaused) {
  Interrupt interrupt;
  WorkerProcess process(HEADWAY_FAKE_WORKER, {}, kTimeout, interrupt);
  const pid_t pid = process.pid();
  process.pause();
  EXPECT_TRUE(eventually([pid] { return state_of(pid) == 'T'; }));
  process.resume();
  const Json reply =
      process.request({{"command", "probe"}, {"options", Json::object()}}, kTimeout, false);
  EXPECT_EQ(reply.at("version"), "1");
}

TEST(WorkerProcess, IsGoneWithItsOwner) {
  Interrupt interrupt;
  pid_t pid = 0;
  {
    const WorkerProcess process(HEADWAY_FAKE_WORKER, {}, kTimeout, interrupt);
    pid = process.pid();
  }
  EXPECT_EQ(state_of(pid), 'X');
}

TEST(WorkerProcess, DiesWithTheScheduler) {
  int channel[2];
  ASSERT_EQ(pipe(channel), 0);
  const pid_t scheduler = fork();
  if (scheduler == 0) {
    Interrupt interrupt;
    WorkerProcess process(HEADWAY_FAKE_WORKER, {}, kTimeout, interrupt);
    process.pause();
    const pid_t pid = process.pid();
    if (write(channel[1], &pid, sizeof pid) != sizeof pid) _exit(1);
    while (true) pause();
  }
  pid_t worker = 0;
  ASSERT_EQ(read(channel[0], &worker, sizeof worker), static_cast<ssize_t>(sizeof worker));
  kill(scheduler, SIGKILL);
  waitpid(scheduler, nullptr, 0);
  EXPECT_TRUE(eventually([worker] { return state_of(worker) == 'X' || state_of(worker) == 'Z'; }));
}

TEST(WorkerProcess, ProgramThatIsNoWorker) {
  Interrupt interrupt;
  try {
    WorkerProcess process("/bin/echo", {}, kTimeout, interrupt);
    FAIL() << "echo is no worker";
  } catch (const WorkerFailure& failure) {
    EXPECT_EQ(failure.kind(), FailureKind::kCrashed);
    EXPECT_NE(std::string(failure.what()).find("--channel"), std::string::npos) << failure.what();
  }
}

TEST(WorkerProcess, UnknownCommandIsRefused) {
  Interrupt interrupt;
  WorkerProcess process(HEADWAY_FAKE_WORKER, {}, kTimeout, interrupt);
  EXPECT_THROW(process.request({{"command", "dance"}}, kTimeout, false), WorkerFailure);
}

TEST(WorkerProcess, RunBeforeLoadIsRefused) {
  Interrupt interrupt;
  WorkerProcess process(HEADWAY_FAKE_WORKER, {}, kTimeout, interrupt);
  const Json run{{"command", "run"}, {"warmup", 0}, {"iterations", 1}, {"duration_ns", 0}};
  EXPECT_THROW(process.request(run, kTimeout, false), WorkerFailure);
}

}  // namespace
}  // namespace headway::bench
