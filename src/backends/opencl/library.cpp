#include "backends/opencl/library.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <dlfcn.h>

#include "base/error.h"

namespace headway::opencl {
namespace {

constexpr std::array<std::pair<cl_int, std::string_view>, 19> kNames = {{
    {CL_DEVICE_NOT_FOUND, "CL_DEVICE_NOT_FOUND"},
    {CL_DEVICE_NOT_AVAILABLE, "CL_DEVICE_NOT_AVAILABLE"},
    {CL_COMPILER_NOT_AVAILABLE, "CL_COMPILER_NOT_AVAILABLE"},
    {CL_MEM_OBJECT_ALLOCATION_FAILURE, "CL_MEM_OBJECT_ALLOCATION_FAILURE"},
    {CL_OUT_OF_RESOURCES, "CL_OUT_OF_RESOURCES"},
    {CL_OUT_OF_HOST_MEMORY, "CL_OUT_OF_HOST_MEMORY"},
    {CL_BUILD_PROGRAM_FAILURE, "CL_BUILD_PROGRAM_FAILURE"},
    {CL_MISALIGNED_SUB_BUFFER_OFFSET, "CL_MISALIGNED_SUB_BUFFER_OFFSET"},
    {CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST"},
    {CL_INVALID_VALUE, "CL_INVALID_VALUE"},
    {CL_INVALID_CONTEXT, "CL_INVALID_CONTEXT"},
    {CL_INVALID_COMMAND_QUEUE, "CL_INVALID_COMMAND_QUEUE"},
    {CL_INVALID_BUFFER_SIZE, "CL_INVALID_BUFFER_SIZE"},
    {CL_INVALID_KERNEL_NAME, "CL_INVALID_KERNEL_NAME"},
    {CL_INVALID_KERNEL_ARGS, "CL_INVALID_KERNEL_ARGS"},
    {CL_INVALID_ARG_SIZE, "CL_INVALID_ARG_SIZE"},
    {CL_INVALID_WORK_GROUP_SIZE, "CL_INVALID_WORK_GROUP_SIZE"},
    {CL_INVALID_WORK_ITEM_SIZE, "CL_INVALID_WORK_ITEM_SIZE"},
    {CL_INVALID_GLOBAL_WORK_SIZE, "CL_INVALID_GLOBAL_WORK_SIZE"},
}};

}  // namespace

std::shared_ptr<const Library> load_library() {
  void* const handle = dlopen("libOpenCL.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    fail(ErrorCode::kNotFound,
         "there is no GPU that can be used: libOpenCL.so.1 was not found; install Debian's "
         "ocl-icd-libopencl1 and the GPU's OpenCL driver, or use --device cpu");
  }
  auto library = std::make_shared<Library>();
#define HEADWAY_FIND(function)                                                                 \
  library->function = reinterpret_cast<decltype(library->function)>(dlsym(handle, #function)); \
  if (library->function == nullptr)                                                            \
    fail(ErrorCode::kNotFound, "libOpenCL.so.1 lacks " #function "; it is older than OpenCL 1.2");
  HEADWAY_OPENCL_FUNCTIONS(HEADWAY_FIND)
#undef HEADWAY_FIND
  return library;
}

std::string name_of_status(cl_int status) {
  for (const auto& [number, name] : kNames) {
    if (number == status) return std::string(name);
  }
  return concat("OpenCL error ", status);
}

void check(cl_int status, std::string_view what) {
  constexpr std::array kNoMemory = {CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_OUT_OF_RESOURCES,
                                    CL_OUT_OF_HOST_MEMORY};
  constexpr std::array kGone = {CL_DEVICE_NOT_AVAILABLE, CL_INVALID_CONTEXT,
                                CL_INVALID_COMMAND_QUEUE,
                                CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST};
  if (status == CL_SUCCESS) return;
  if (std::ranges::count(kNoMemory, status) > 0) {
    fail(ErrorCode::kOutOfMemory, what, " failed: the device has no memory left (",
         name_of_status(status), "); use a smaller batch, or --device cpu");
  }
  if (std::ranges::count(kGone, status) > 0) {
    fail(ErrorCode::kIo, what, " failed: the device is gone, or its driver gave up (",
         name_of_status(status), "); run again, or use --device cpu");
  }
  fail(ErrorCode::kInternal, what, " failed: ", name_of_status(status));
}

}  // namespace headway::opencl
