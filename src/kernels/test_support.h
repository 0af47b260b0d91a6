#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cpu.h"
#include "kernels/context.h"
#include "kernels/inner_loops.h"

namespace headway {

/// Floats that end where an unreadable page begins: a kernel that looks or writes behind them dies.
class GuardedFloats {
 public:
  explicit GuardedFloats(std::int64_t size) : size_(size) {
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t bytes = static_cast<std::size_t>(size) * sizeof(float);
    mapped_ = (bytes + page - 1) / page * page + page;
    base_ = static_cast<char*>(
        mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (base_ == MAP_FAILED || mprotect(base_ + mapped_ - page, page, PROT_NONE) != 0) {
      throw std::bad_alloc();
    }
    data_ = reinterpret_cast<float*>(base_ + mapped_ - page - bytes);
  }
  ~GuardedFloats() { munmap(base_, mapped_); }
  GuardedFloats(const GuardedFloats&) = delete;
  GuardedFloats& operator=(const GuardedFloats&) = delete;

  float* data() { return data_; }
  const float* data() const { return data_; }
  std::int64_t size() const { return size_; }
  float& operator[](std::int64_t i) { return data_[i]; }
  float operator[](std::int64_t i) const { return data_[i]; }

 private:
  std::int64_t size_;
  std::size_t mapped_;
  char* base_;
  float* data_;
};

/// Seeded numbers for generated shapes and data.
class Generator {
 public:
  explicit Generator(unsigned seed) : engine_(seed) {}

  std::int64_t integer(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(engine_);
  }
  bool chance(double probability) { return std::bernoulli_distribution(probability)(engine_); }
  void fill_normal(GuardedFloats& floats) {
    std::normal_distribution<float> distribution;
    for (std::int64_t i = 0; i < floats.size(); ++i) floats[i] = distribution(engine_);
  }
  void fill(GuardedFloats& floats) {
    std::uniform_real_distribution<float> distribution(-1, 1);
    for (std::int64_t i = 0; i < floats.size(); ++i) floats[i] = distribution(engine_);
  }

 private:
  std::mt19937 engine_;
};

/// Runs a test once per instruction set that this machine has.
class EveryIsa : public testing::TestWithParam<Isa> {
 protected:
  const InnerLoops& loops() const { return inner_loops(GetParam()); }
  KernelContext context() { return {pool_, loops()}; }

 private:
  ThreadPool pool_{3};
};

inline std::vector<Isa> available_isas() {
  std::vector<Isa> isas;
  for (Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512}) {
    if (isa <= detect_cpu().best_isa()) isas.push_back(isa);
  }
  return isas;
}

#define HEADWAY_TEST_EVERY_ISA(Suite)                                           \
  INSTANTIATE_TEST_SUITE_P(Isa, Suite, testing::ValuesIn(available_isas()),     \
                           [](const testing::TestParamInfo<Isa>& information) { \
                             return std::string(name_of(information.param));    \
                           })

/// |actual - expected| within `tolerance` of the magnitudes involved.
inline void expect_near(const GuardedFloats& actual, const std::vector<double>& expected,
                        double tolerance) {
  ASSERT_EQ(actual.size(), static_cast<std::int64_t>(expected.size()));
  for (std::int64_t i = 0; i < actual.size(); ++i) {
    const double wanted = expected[static_cast<std::size_t>(i)];
    ASSERT_NEAR(actual[i], wanted, tolerance * (1 + std::fabs(wanted))) << "element " << i;
  }
}

/// Where the blocked layout [batch, CB, height, width, B] keeps its elements.
struct BlockedLayout {
  std::int64_t batch, channels, height, width, lanes;

  std::int64_t blocks() const { return (channels + lanes - 1) / lanes; }
  std::int64_t size() const { return batch * blocks() * height * width * lanes; }
  std::int64_t at(std::int64_t image, std::int64_t channel, std::int64_t y, std::int64_t x) const {
    const std::int64_t plane = image * blocks() + channel / lanes;
    return ((plane * height + y) * width + x) * lanes + channel % lanes;
  }
  /// Lanes beyond the last channel may hold anything: here, NaN.
  void spoil_unused(GuardedFloats& floats) const {
    for (std::int64_t i = 0; i < floats.size(); ++i) {
      const std::int64_t block = i / (height * width * lanes) % blocks();
      if (block * lanes + i % lanes >= channels) floats[i] = std::nanf("");
    }
  }
};

/// The activations that the tests of epilogues use, in plain arithmetic.
inline double activate(Unary activation, double x) {
  switch (activation.op) {
    case UnaryOp::kRelu:
      return x < 0 ? 0 : x;
    case UnaryOp::kClip:
      return std::fmin(std::fmax(x, activation.alpha), activation.beta);
    case UnaryOp::kSilu:
      return x / (1 + std::exp(-x));
    default:
      return x;
  }
}

inline Unary any_activation(Generator& generator) {
  constexpr Unary kChoices[] = {
      {}, {UnaryOp::kRelu, 0, 0}, {UnaryOp::kClip, -0.5F, 1.5F}, {UnaryOp::kSilu, 0, 0}};
  return kChoices[generator.integer(0, 3)];
}

}  // namespace headway
