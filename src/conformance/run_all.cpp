#include "conformance/run_all.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <deque>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/error.h"
#include "conformance/run_case.h"

namespace headway::conformance {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kCasesPerProcess = 100;
constexpr auto kCaseLimit = std::chrono::seconds(60);

/// Indices of results that one process computes, all on one path.
using Chunk = std::deque<std::size_t>;

/// A child process; it writes one line per case: the problem, or nothing.
struct Worker {
  Chunk chunk;
  pid_t pid = -1;
  int pipe = -1;
  std::string received;
  Clock::time_point last_word;
};

void write_line(int pipe, std::string text) {
  std::ranges::replace(text, '\n', ' ');
  text += '\n';
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t count = write(pipe, text.data() + sent, text.size() - sent);
    if (count < 0) _exit(1);
    sent += static_cast<std::size_t>(count);
  }
}

[[noreturn]] void work(const Chunk& chunk, std::span<const Result> results, int pipe) {
  const std::string& path = results[chunk.front()].path;
  const bool reference = path == "reference";
  if (!reference) setenv("HEADWAY_ISA", path.c_str(), 1);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  for (const std::size_t index : chunk) write_line(pipe, run_case(*results[index].test, reference));
  _exit(0);
}

std::string death(int status) {
  if (WIFSIGNALED(status)) return concat("the process died: ", strsignal(WTERMSIG(status)));
  return concat("the process ended with status ", WEXITSTATUS(status));
}

class Run {
 public:
  Run(std::vector<Result>& results, std::deque<Chunk> chunks, int jobs)
      : results_(results), chunks_(std::move(chunks)), jobs_(static_cast<std::size_t>(jobs)) {}

  void finish() {
    while (!chunks_.empty() || !workers_.empty()) {
      while (workers_.size() < jobs_ && !chunks_.empty()) start();
      wait();
    }
  }

 private:
  void start() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) fail(ErrorCode::kIo, "cannot make a pipe");
    Worker worker;
    worker.chunk = std::move(chunks_.front());
    chunks_.pop_front();
    worker.pid = fork();
    if (worker.pid < 0) fail(ErrorCode::kIo, "cannot start a process");
    if (worker.pid == 0) work(worker.chunk, results_, ends[1]);
    close(ends[1]);
    worker.pipe = ends[0];
    worker.last_word = Clock::now();
    workers_.push_back(std::move(worker));
  }

  void wait() {
    std::vector<pollfd> polled;
    for (const Worker& worker : workers_) polled.push_back({worker.pipe, POLLIN, 0});
    poll(polled.data(), polled.size(), 1000);
    for (std::size_t i = workers_.size(); i-- > 0;) {
      const bool ended = polled[i].revents != 0 && !read_some(workers_[i]);
      const bool late = Clock::now() - workers_[i].last_word > kCaseLimit;
      if (!ended && !late) continue;
      reap(workers_[i], late && !ended);
      workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  bool read_some(Worker& worker) {
    char buffer[4096];
    const ssize_t count = read(worker.pipe, buffer, sizeof buffer);
    if (count <= 0) return false;
    worker.received.append(buffer, static_cast<std::size_t>(count));
    worker.last_word = Clock::now();
    for (std::size_t end; (end = worker.received.find('\n')) != std::string::npos;) {
      results_[worker.chunk.front()].problem = worker.received.substr(0, end);
      worker.chunk.pop_front();
      worker.received.erase(0, end + 1);
    }
    return true;
  }

  void reap(Worker& worker, bool late) {
    if (late) kill(worker.pid, SIGKILL);
    close(worker.pipe);
    int status = 0;
    waitpid(worker.pid, &status, 0);
    if (worker.chunk.empty()) return;
    results_[worker.chunk.front()].problem = late ? "it takes too long" : death(status);
    worker.chunk.pop_front();
    if (!worker.chunk.empty()) chunks_.push_front(std::move(worker.chunk));
  }

  std::vector<Result>& results_;
  std::deque<Chunk> chunks_;
  std::size_t jobs_;
  std::vector<Worker> workers_;
};

}  // namespace

std::vector<std::string> all_paths() {
  std::vector<std::string> paths = {"reference"};
  const Isa best = detect_cpu().best_isa();
  for (const Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512})
    if (isa <= best) paths.emplace_back(name_of(isa));
  return paths;
}

std::vector<Result> run_all(std::span<const Case> cases, std::span<const std::string> paths,
                            int jobs) {
  std::vector<Result> results;
  for (const Case& test : cases)
    for (const std::string& path : paths) results.push_back({&test, path, ""});
  std::deque<Chunk> chunks;
  for (std::size_t path = 0; path < paths.size(); ++path) {
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (i % kCasesPerProcess == 0) chunks.emplace_back();
      chunks.back().push_back(i * paths.size() + path);
    }
  }
  Run(results, std::move(chunks), jobs).finish();
  return results;
}

}  // namespace headway::conformance
