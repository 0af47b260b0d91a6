#include "backends/opencl/context.h"

#include "backends/opencl/test_support.h"
#include "base/test_error.h"

namespace headway::opencl {
namespace {

TEST(OpenClContext, RefusesMoreMemoryThanTheDeviceGivesAtOnce) {
  HEADWAY_OPEN_DEVICE(context);
  const auto bytes = static_cast<std::size_t>(context->device().max_allocation_bytes) + 1;
  const std::string message =
      error_message(ErrorCode::kOutOfMemory, [&] { context->allocate(bytes); });
  EXPECT_NE(message.find(context->device().name), std::string::npos) << message;
}

TEST(OpenClContext, SaysWhatTheCompilerSays) {
  HEADWAY_OPEN_DEVICE(context);
  const std::string message = error_message(ErrorCode::kUnsupported, [&] {
    context->kernel({"unary.cl", "unary", "-Dkernel=nonsense"});
  });
  EXPECT_NE(message.find("nonsense"), std::string::npos) << message;
  EXPECT_NE(message.find("--device cpu"), std::string::npos) << message;
}

TEST(OpenClContext, PartsOfABufferShareItsMemory) {
  HEADWAY_OPEN_DEVICE(context);
  const std::size_t alignment = context->device().alignment;
  const std::vector<std::byte> bytes(3 * alignment, std::byte{7});
  const Buffer whole = context->upload(bytes.data(), bytes.size());
  const Buffer part = context->part(whole, alignment, alignment);
  const CommandQueue queue = context->queue(false);
  const std::vector<std::byte> nines(alignment, std::byte{9});
  check(context->cl().clEnqueueWriteBuffer(queue.get(), part.get(), CL_TRUE, 0, alignment,
                                           nines.data(), 0, nullptr, nullptr),
        "clEnqueueWriteBuffer");
  std::vector<std::byte> all(bytes.size());
  check(context->cl().clEnqueueReadBuffer(queue.get(), whole.get(), CL_TRUE, 0, all.size(),
                                          all.data(), 0, nullptr, nullptr),
        "clEnqueueReadBuffer");
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(all[i], std::byte(i / alignment == 1 ? 9 : 7)) << i;
}

TEST(OpenClDevice, NamesAreNumbers) {
  HEADWAY_OPEN_DEVICE(context);
  EXPECT_EQ(find_device("gpu").id, find_device("gpu:0").id);
  for (const char* name : {"", "cpu", "gpu:", "gpu:x", "gpu:1x", "gpu 0", "gpu:-1"})
    error_message(ErrorCode::kInvalidArgument, [&] { find_device(name); });
  error_message(ErrorCode::kNotFound, [] { find_device("gpu:1000"); });
}

}  // namespace
}  // namespace headway::opencl
