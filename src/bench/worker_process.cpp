#include "bench/worker_process.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "bench/clock.h"
#include "bench/error_code.h"
#include "bench/units.h"

namespace headway::bench {
namespace {

constexpr int kWorkerChannel = 3;
constexpr std::size_t kLogBytes = 8192;
constexpr std::int64_t kMillisecond = 1'000'000;

/// A process that has closed its channel is about to end by itself; it gets so long, so that the
/// status we report is its own and not our SIGKILL.
constexpr int kExitGraceMs = 2000;

/// Everything the child needs, prepared before fork: afterwards only async-signal-safe calls are
/// allowed.
struct ChildPlan {
  std::string executable;
  std::vector<std::string> strings;
  std::vector<char*> arguments;
  std::vector<char*> environment;
};

ChildPlan plan_child(const std::string& executable,
                     const std::map<std::string, std::string>& additions) {
  ChildPlan plan;
  plan.executable = executable;
  plan.strings = {executable, "--channel=" + std::to_string(kWorkerChannel)};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!additions.contains(text.substr(0, text.find('=')))) plan.strings.push_back(text);
  }
  for (const auto& [name, value] : additions) plan.strings.push_back(name + '=' + value);
  for (std::size_t index = 0; index < plan.strings.size(); ++index) {
    (index < 2 ? plan.arguments : plan.environment).push_back(plan.strings[index].data());
  }
  plan.arguments.push_back(nullptr);
  plan.environment.push_back(nullptr);
  return plan;
}

[[noreturn]] void become_worker(const ChildPlan& plan, int channel, int log, pid_t parent,
                                const Interrupt& interrupt) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(null, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  if (channel == kWorkerChannel) {
    fcntl(channel, F_SETFD, 0);
  } else {
    dup2(channel, kWorkerChannel);
  }
  interrupt.restore_mask();
  execve(plan.executable.c_str(), plan.arguments.data(), plan.environment.data());
  const char* reason = strerror(errno);
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, reason, strlen(reason));
  _exit(127);
}

std::string printable(std::string text) {
  std::erase_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  constexpr std::size_t kLongest = 300;
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "…";
  return text;
}

}  // namespace

std::string_view name_of(FailureKind kind) noexcept {
  constexpr std::array<std::string_view, 6> kNames{"missing",   "refused", "crashed",
                                                   "timed out", "garbage", "aborted"};
  return kNames[static_cast<std::size_t>(kind)];
}

WorkerProcess::WorkerProcess(const std::filesystem::path& executable,
                             const std::map<std::string, std::string>& environment,
                             std::int64_t timeout_ns, Interrupt& interrupt)
    : interrupt_(interrupt), name_(executable.filename()) {
  try {
    spawn(executable, environment);
    const Json hello = receive(timeout_ns, false);
    if (hello.value("protocol", 0) != kProtocolVersion) {
      fail_with(FailureKind::kGarbage, ErrorCode::kUnsupported,
                concat(name_, " speaks another version of the worker protocol; rebuild it"));
    }
  } catch (...) {
    terminate();
    throw;
  }
}

WorkerProcess::~WorkerProcess() {
  terminate();
}

void WorkerProcess::spawn(const std::filesystem::path& executable,
                          const std::map<std::string, std::string>& environment) {
  std::array<int, 2> channel{-1, -1};
  std::array<int, 2> log{-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel.data()) != 0) {
    fail(ErrorCode::kIo, "cannot create a worker channel: ", strerror(errno));
  }
  channel_ = channel[0];
  if (pipe2(log.data(), O_CLOEXEC) != 0) {
    close(channel[1]);
    fail(ErrorCode::kIo, "cannot create a pipe for a worker's output: ", strerror(errno));
  }
  log_ = log[0];
  fcntl(log_, F_SETFL, O_NONBLOCK);
  fcntl(channel_, F_SETFL, O_NONBLOCK);

  ChildPlan plan = plan_child(executable, environment);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) become_worker(plan, channel[1], log[1], parent, interrupt_);
  const int error = errno;
  close(channel[1]);
  close(log[1]);
  if (pid_ < 0) fail(ErrorCode::kIo, "cannot start ", name_, ": ", strerror(error));
  setpgid(pid_, pid_);
}

Json WorkerProcess::ask(const Json& message, std::int64_t timeout_ns, bool patient) {
  send(message);
  return receive(timeout_ns, patient);
}

Json WorkerProcess::request(const Json& message, std::int64_t timeout_ns, bool patient) {
  Json reply = ask(message, timeout_ns, patient);
  if (const auto error = reply.find("error"); error != reply.end()) {
    const ErrorCode code = parse_error_code(error->value("code", ""));
    const std::string sentence = error->value("message", "the runtime gave no reason");
    fail_with(code == ErrorCode::kNotFound ? FailureKind::kMissing : FailureKind::kRefused, code,
              sentence);
  }
  return reply;
}

void WorkerProcess::pause() {
  kill(-pid_, SIGSTOP);
}

void WorkerProcess::resume() {
  kill(-pid_, SIGCONT);
}

void WorkerProcess::fail_with(FailureKind kind, ErrorCode code, const std::string& sentence) {
  terminate();
  throw WorkerFailure(kind, code, sentence);
}

void WorkerProcess::send(const Json& message) {
  const std::string frame = encode_message(message);
  for (std::size_t sent = 0; sent < frame.size();) {
    const ssize_t count = ::send(channel_, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) fail_with(FailureKind::kCrashed, ErrorCode::kInternal, describe_death());
    sent += static_cast<std::size_t>(count);
  }
}

Json WorkerProcess::receive(std::int64_t timeout_ns, bool patient) {
  const std::int64_t deadline = Clock().now() + timeout_ns;
  for (;;) {
    try {
      if (std::optional<Json> message = reader_.next()) return std::move(*message);
    } catch (const Error& error) {
      fail_with(FailureKind::kGarbage, ErrorCode::kInternal,
                concat(name_, " wrote garbage instead of an answer", last_words()));
    }
    if (!wait_readable(deadline, patient)) {
      read_log();
      fail_with(
          FailureKind::kTimedOut, ErrorCode::kInternal,
          concat(name_, " gave no answer within ", format_duration(static_cast<double>(timeout_ns)),
                 " (--timeout)", last_words()));
    }
    if (!read_channel()) {
      fail_with(FailureKind::kCrashed, ErrorCode::kInternal, describe_death());
    }
  }
}

bool WorkerProcess::wait_readable(std::int64_t deadline, bool patient) {
  const Clock clock;
  for (;;) {
    const int presses = interrupt_.presses();
    if (presses > (patient ? 1 : 0)) {
      fail_with(FailureKind::kAborted, ErrorCode::kInternal, "interrupted before it was measured");
    }
    const std::int64_t left = deadline - clock.now();
    if (left <= 0) return false;
    std::array<pollfd, 3> waiting{
        {{channel_, POLLIN, 0}, {log_, POLLIN, 0}, {interrupt_.descriptor(), POLLIN, 0}}};
    const auto milliseconds = std::min<std::int64_t>(left / kMillisecond + 1, 1'000'000'000);
    if (poll(waiting.data(), waiting.size(), static_cast<int>(milliseconds)) < 0) continue;
    if (waiting[1].revents != 0) read_log();
    if (waiting[0].revents != 0) return true;
  }
}

/// Appends what has arrived; false at the end of the stream.
bool WorkerProcess::read_channel() {
  std::array<char, 65536> bytes;
  const ssize_t count = recv(channel_, bytes.data(), bytes.size(), 0);
  if (count > 0) reader_.append({bytes.data(), static_cast<std::size_t>(count)});
  return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN));
}

void WorkerProcess::read_log() {
  if (log_ < 0) return;
  std::array<char, 4096> bytes;
  ssize_t count = 0;
  while ((count = read(log_, bytes.data(), bytes.size())) > 0) {
    log_text_.append(bytes.data(), static_cast<std::size_t>(count));
    if (log_text_.size() > kLogBytes) log_text_.erase(0, log_text_.size() - kLogBytes);
  }
  if (count == 0) {
    close(log_);
    log_ = -1;
  }
}

std::string WorkerProcess::describe_death() {
  terminate(kExitGraceMs);
  if (WIFSIGNALED(exit_status_)) {
    const int signal = WTERMSIG(exit_status_);
    return concat(name_, " was killed by signal ", signal, " (SIG", sigabbrev_np(signal), ")",
                  last_words());
  }
  return concat(name_, " ended with status ", WEXITSTATUS(exit_status_), " before it answered",
                last_words());
}

std::string WorkerProcess::last_words() {
  std::string text = log_text_;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  const std::size_t line = text.rfind('\n');
  text = printable(line == std::string::npos ? text : text.substr(line + 1));
  return text.empty() ? "" : "; it last said: " + text;
}

void WorkerProcess::terminate(int grace_ms) noexcept {
  if (channel_ >= 0) close(channel_);
  channel_ = -1;
  if (pid_ <= 0) return;
  bool ended = false;
  for (int waited = 0; waited < grace_ms && !ended; ++waited) {
    ended = waitpid(pid_, &exit_status_, WNOHANG) == pid_;
    if (!ended) usleep(1000);
  }
  kill(-pid_, SIGKILL);
  if (!ended) waitpid(pid_, &exit_status_, 0);
  read_log();
  if (log_ >= 0) close(log_);
  log_ = -1;
  pid_ = -1;
}

}  // namespace headway::bench
