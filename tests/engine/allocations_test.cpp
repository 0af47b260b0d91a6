#include <atomic>
#include <cstdlib>
#include <new>

#include "engine_testing.h"
#include "models/models.h"

namespace {
std::atomic<std::size_t> allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace headway {
namespace {

TEST(Allocations, AWarmSessionMakesNone) {
  const Model model(models::build_model("mobilenet_v2", {.image_size = 32, .num_classes = 10}));
  const Program program = model.compile({.threads = 2});
  Session session(program);
  const std::vector<Tensor> one = {random_tensor({1, 3, 32, 32}, 1)};
  const std::vector<Tensor> two = {random_tensor({2, 3, 32, 32}, 2)};
  Profile profile;
  session.run(one);
  session.run_profiled(two, profile);
  const std::size_t before = allocations;
  for (int call = 0; call < 3; ++call) {
    session.run(one);
    session.run(two);
    session.run_profiled(two, profile);
  }
  EXPECT_EQ(allocations, before);
}

TEST(Allocations, AreCounted) {
  const std::size_t before = allocations;
  const std::vector<int> numbers(100);
  EXPECT_GT(allocations, before);
}

}  // namespace
}  // namespace headway
