#pragma once

#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <memory>
#include <string_view>

#include <CL/cl.h>
#include <CL/cl_ext.h>

namespace headway::opencl {

/// The functions of OpenCL 1.2 that are called, found at run time: neither building nor starting a
/// program needs OpenCL on the machine.
struct Library {
#define HEADWAY_OPENCL_FUNCTIONS(DO)           \
  DO(clBuildProgram)                           \
  DO(clCreateBuffer)                           \
  DO(clCreateCommandQueue)                     \
  DO(clCreateContext)                          \
  DO(clCreateKernel)                           \
  DO(clCreateProgramWithBinary)                \
  DO(clCreateProgramWithSource)                \
  DO(clCreateSubBuffer)                        \
  DO(clEnqueueCopyBuffer)                      \
  DO(clEnqueueMapBuffer)                       \
  DO(clEnqueueNDRangeKernel)                   \
  DO(clEnqueueReadBuffer)                      \
  DO(clEnqueueUnmapMemObject)                  \
  DO(clEnqueueWriteBuffer)                     \
  DO(clFinish)                                 \
  DO(clFlush)                                  \
  DO(clGetDeviceIDs)                           \
  DO(clGetDeviceInfo)                          \
  DO(clGetEventProfilingInfo)                  \
  DO(clGetExtensionFunctionAddressForPlatform) \
  DO(clGetKernelWorkGroupInfo)                 \
  DO(clGetMemObjectInfo)                       \
  DO(clGetPlatformIDs)                         \
  DO(clGetPlatformInfo)                        \
  DO(clGetProgramBuildInfo)                    \
  DO(clGetProgramInfo)                         \
  DO(clReleaseCommandQueue)                    \
  DO(clReleaseContext)                         \
  DO(clReleaseEvent)                           \
  DO(clReleaseKernel)                          \
  DO(clReleaseMemObject)                       \
  DO(clReleaseProgram)                         \
  DO(clSetKernelArg)                           \
  DO(clWaitForEvents)
#define HEADWAY_DECLARE(function) decltype(&::function) function = nullptr;
  HEADWAY_OPENCL_FUNCTIONS(HEADWAY_DECLARE)
#undef HEADWAY_DECLARE
};

/// The system's OpenCL loader (libOpenCL.so.1). It stays loaded: drivers do not survive unloading.
/// Throws Error(kNotFound) saying what to install.
std::shared_ptr<const Library> load_library();

/// "CL_OUT_OF_RESOURCES", …; the number if it has no name here.
std::string name_of_status(cl_int status);

/// Throws Error unless `status` is CL_SUCCESS: kOutOfMemory if the device has no memory left, kIo
/// if it cannot be reached any more, kInternal otherwise. `what` is what was being done, for the
/// sentence.
void check(cl_int status, std::string_view what);

}  // namespace headway::opencl
