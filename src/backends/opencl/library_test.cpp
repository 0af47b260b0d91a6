#include "backends/opencl/library.h"

#include "base/test_error.h"

namespace headway::opencl {
namespace {

TEST(OpenClStatus, SaysWhatFailedAndWhatToDo) {
  check(CL_SUCCESS, "nothing");
  const std::pair<cl_int, ErrorCode> kExpected[] = {{CL_OUT_OF_RESOURCES, ErrorCode::kOutOfMemory},
                                                    {CL_INVALID_COMMAND_QUEUE, ErrorCode::kIo}};
  for (const auto& [status, code] : kExpected) {
    const std::string message = error_message(code, [&] { check(status, "running a kernel"); });
    for (const std::string& part : {std::string("running a kernel failed"), name_of_status(status),
                                    std::string("--device cpu")})
      EXPECT_NE(message.find(part), std::string::npos) << message;
  }
  error_message(ErrorCode::kInternal, [] { check(CL_INVALID_KERNEL_ARGS, "running a kernel"); });
  EXPECT_EQ(name_of_status(-9999), "OpenCL error -9999");
}

}  // namespace
}  // namespace headway::opencl
