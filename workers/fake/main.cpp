#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "bench/random.h"
#include "bench/worker.h"
#include "options.h"

namespace headway::bench {
namespace {

/// Real time, or time that only `advance` moves.
class FakeClock : public Clock {
 public:
  /// Time goes on from where it is.
  void make_virtual() {
    elapsed_ = Clock::now();
    virtual_ = true;
  }

  std::int64_t now() const noexcept override { return virtual_ ? elapsed_ : Clock::now(); }
  std::int64_t processor_time() const noexcept override {
    return virtual_ ? elapsed_ : Clock::processor_time();
  }

  /// Lets `nanoseconds` pass: sleeps while there is plenty of time left, then spins to the
  /// deadline, because a sleep alone ends some 60 µs late.
  void advance(std::int64_t nanoseconds) {
    if (virtual_) {
      elapsed_ += nanoseconds;
      return;
    }
    constexpr std::int64_t kSpin = 200'000;
    const std::int64_t deadline = Clock::now() + nanoseconds;
    if (nanoseconds > kSpin) {
      const std::int64_t wake = deadline - kSpin;
      const timespec time{wake / 1'000'000'000, wake % 1'000'000'000};
      while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) == EINTR) continue;
    }
    while (Clock::now() < deadline) continue;
  }

 private:
  bool virtual_ = false;
  std::int64_t elapsed_ = 0;
};

std::uint64_t process_seed() {
  const char* text = std::getenv("HEADWAY_PROCESS_SEED");
  return text == nullptr ? static_cast<std::uint64_t>(getpid()) : std::strtoull(text, nullptr, 10);
}

/// Answers every call with its own inputs after a known delay.
class FakeRuntime : public Runtime {
 public:
  FakeRuntime(FakeClock& clock, int channel) : clock_(clock), channel_(channel) {}

  RuntimeInfo probe(const Settings& options) override {
    if (parse_fake_options(options).missing) {
      fail(ErrorCode::kNotFound, "the fake runtime was told to be missing");
    }
    return {"1", "built in", {"cpu"}};
  }

  Settings load(const LoadRequest& request) override {
    if (request.device != "cpu") {
      fail(ErrorCode::kUnsupported, "the fake runtime has no device '", request.device, "'");
    }
    options_ = parse_fake_options(request.options);
    if (options_.virtual_clock) clock_.make_virtual();
    factor_ = std::exp(options_.process_noise * random_.normal());
    for (std::int64_t thread = 0; thread < options_.spin; ++thread) {
      std::thread([] {
        for (std::atomic<unsigned> turns = 0;;) turns.fetch_add(1, std::memory_order_relaxed);
      }).detach();
    }
    clock_.advance(options_.load_ns);
    for (const NamedTensor& input : request.inputs) {
      outputs_.push_back({input.name, input.tensor.clone()});
    }
    Settings settings = request.options;
    settings["threads"] = std::to_string(request.threads);
    return settings;
  }

  std::span<const NamedTensor> run(std::span<const Tensor> inputs) override {
    ++calls_;
    misbehave();
    clock_.advance(next_delay());
    answer(inputs);
    return outputs_;
  }

 private:
  void misbehave() {
    if (options_.chatter > 0) {
      std::fprintf(stderr, "%s\n",
                   std::string(static_cast<std::size_t>(options_.chatter), 'x').c_str());
    }
    if (calls_ == options_.error_after) {
      fail(ErrorCode::kInternal, "the fake runtime was told to fail at call ", calls_);
    }
    if (calls_ == options_.crash_after) {
      std::fprintf(stderr, "about to be killed at call %lld\n", static_cast<long long>(calls_));
      kill(getpid(), SIGKILL);
    }
    if (calls_ == options_.garbage_after) {
      const std::string noise(64, '\xa5');
      send(channel_, noise.data(), noise.size(), MSG_NOSIGNAL);
    }
    if (calls_ == options_.interrupt_after) kill(getppid(), SIGINT);
    while (calls_ == options_.hang_after) pause();
  }

  std::int64_t next_delay() {
    // A first-order autoregressive factor: neighbouring calls are alike, distant ones are not,
    // which is what a shared machine does.
    constexpr double kMemory = 0.98;
    wander_ = kMemory * wander_ + std::sqrt(1 - kMemory * kMemory) * random_.normal();
    double delay = static_cast<double>(options_.delay_ns);
    delay += static_cast<double>(options_.drift_ns) * static_cast<double>(calls_);
    delay *= factor_ * std::exp(options_.wander * wander_);
    delay += static_cast<double>(options_.jitter_ns) * random_.normal();
    if (calls_ <= options_.warmup_calls) delay *= 3;
    if (calls_ == 1) delay += static_cast<double>(options_.first_ns);
    return std::max<std::int64_t>(0, std::llround(delay));
  }

  void answer(std::span<const Tensor> inputs) {
    for (std::size_t index = 0; index < inputs.size(); ++index) {
      Tensor& output = outputs_[index].tensor;
      output = inputs[index];
      if (options_.wrong == 0 || output.dtype() != DType::kFloat32) continue;
      output = output.clone();
      for (float& value : output.values<float>()) value += static_cast<float>(options_.wrong);
    }
  }

  FakeClock& clock_;
  int channel_;
  FakeOptions options_;
  Random random_{process_seed()};
  std::vector<NamedTensor> outputs_;
  std::int64_t calls_ = 0;
  double factor_ = 1;
  double wander_ = 0;
};

}  // namespace
}  // namespace headway::bench

int main(int argc, char** argv) {
  using namespace headway::bench;
  FakeClock clock;
  FakeRuntime runtime(clock, channel_descriptor(argc, argv));
  return worker_main(argc, argv, runtime, clock);
}
