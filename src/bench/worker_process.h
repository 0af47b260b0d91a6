#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "headway/error.h"

#include "bench/channel.h"
#include "bench/interrupt.h"

namespace headway::bench {

/// Why a worker's row ended.
enum class FailureKind {
  kMissing,   ///< The runtime is not installed.
  kRefused,   ///< The runtime answered with an error.
  kCrashed,   ///< The process died.
  kTimedOut,  ///< No answer within the timeout.
  kGarbage,   ///< The answer was not one.
  kAborted,   ///< The user interrupted.
};

/// "missing", "refused", "crashed", …
std::string_view name_of(FailureKind kind) noexcept;

/// Thrown by WorkerProcess; the process is gone when it arrives. `what()` is the row's sentence.
class WorkerFailure : public Error {
 public:
  WorkerFailure(FailureKind kind, ErrorCode code, const std::string& sentence)
      : Error(code, sentence), kind_(kind) {}

  FailureKind kind() const noexcept { return kind_; }

 private:
  FailureKind kind_;
};

/// A worker process and the channel to it. The process leads its own group, dies with this one, and
/// is killed by the destructor. Its standard output and error are collected, the last 8 KiB of
/// them.
class WorkerProcess {
 public:
  /// Starts `executable` with `environment` added to this process's.
  /// Throws WorkerFailure if it cannot be started or does not say hello.
  WorkerProcess(const std::filesystem::path& executable,
                const std::map<std::string, std::string>& environment, std::int64_t timeout_ns,
                Interrupt& interrupt);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  /// Sends a request and waits for its answer. Throws WorkerFailure.
  /// An interrupted user waits for a round to finish (`patient`), but not for a load.
  Json request(const Json& message, std::int64_t timeout_ns, bool patient);

  /// The same, except that a refusal comes back as the runtime wrote it, {"error": …}, and the
  /// process goes on.
  Json ask(const Json& message, std::int64_t timeout_ns, bool patient);

  /// Puts the whole process group to sleep, spinning threads included, and wakes it again.
  void pause();
  void resume();

  pid_t pid() const noexcept { return pid_; }

 private:
  [[noreturn]] void fail_with(FailureKind kind, ErrorCode code, const std::string& sentence);
  void spawn(const std::filesystem::path& executable,
             const std::map<std::string, std::string>& environment);
  void send(const Json& message);
  Json receive(std::int64_t timeout_ns, bool patient);
  bool wait_readable(std::int64_t deadline, bool patient);
  bool read_channel();
  void read_log();
  std::string describe_death();
  std::string last_words();
  void terminate(int grace_ms = 0) noexcept;

  Interrupt& interrupt_;
  std::string name_;
  pid_t pid_ = -1;
  int channel_ = -1;
  int log_ = -1;
  int exit_status_ = 0;
  MessageReader reader_;
  std::string log_text_;
};

}  // namespace headway::bench
