#include "backends/opencl/context.h"

#include <vector>

#include "backends/opencl/sources.h"
#include "base/error.h"

namespace headway::opencl {
namespace {

constexpr std::uintmax_t kCacheBytes = std::uintmax_t{256} << 20;

/// Most work-items of a group that any kernel is launched with.
constexpr std::size_t kGroupSize = 256;

/// Sums may be fused multiply-adds; NaN and infinity mean what they mean.
constexpr std::string_view kOptions = "-cl-std=CL1.2 -cl-mad-enable ";

void no_notification(const char*, const void*, std::size_t, void*) {}

std::string build_log(const Library& cl, cl_program program, cl_device_id device) {
  std::size_t size = 0;
  if (cl.clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, nullptr, &size) !=
      CL_SUCCESS) {
    return {};
  }
  std::string log(size, '\0');
  cl.clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, size, log.data(), nullptr);
  return log.substr(0, log.find('\0'));
}

std::string binary_of(const Library& cl, cl_program program) {
  std::size_t size = 0;
  if (cl.clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof(size), &size, nullptr) !=
      CL_SUCCESS) {
    return {};
  }
  std::string binary(size, '\0');
  auto* data = reinterpret_cast<unsigned char*>(binary.data());
  if (cl.clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof(data), &data, nullptr) != CL_SUCCESS)
    return {};
  return binary;
}

}  // namespace

Context::Context(Device device)
    : device_(std::move(device)), cache_(ProgramCache::default_folder(), kCacheBytes) {
  if (device_.max_group_size < kGroupSize) {
    fail(ErrorCode::kUnsupported, device_.described(), " runs groups of ", device_.max_group_size,
         " work-items at most, but the kernels need ", kGroupSize, "; use --device cpu");
  }
  cl_int status = CL_SUCCESS;
  const cl_context context =
      cl().clCreateContext(nullptr, 1, &device_.id, no_notification, nullptr, &status);
  check(status, concat("opening the device ", device_.name));
  context_ = {context, cl().clReleaseContext};
}

Buffer Context::allocate(std::size_t bytes) const {
  if (bytes > device_.max_allocation_bytes) {
    fail(ErrorCode::kOutOfMemory, device_.name, " allocates ", device_.max_allocation_bytes,
         " bytes at once at most, but the model needs ", bytes, "; use a smaller batch");
  }
  cl_int status = CL_SUCCESS;
  const cl_mem memory =
      cl().clCreateBuffer(context_.get(), CL_MEM_READ_WRITE, bytes, nullptr, &status);
  check(status, concat("allocating ", bytes, " bytes on ", device_.name));
  return {memory, cl().clReleaseMemObject};
}

Buffer Context::upload(const void* data, std::size_t bytes) const {
  if (bytes > device_.max_allocation_bytes) return allocate(bytes);  // Says so.
  cl_int status = CL_SUCCESS;
  const cl_mem memory =
      cl().clCreateBuffer(context_.get(), CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, bytes,
                          const_cast<void*>(data), &status);
  check(status, concat("copying ", bytes, " bytes to ", device_.name));
  return {memory, cl().clReleaseMemObject};
}

Buffer Context::part(const Buffer& whole, std::size_t offset, std::size_t bytes) const {
  const cl_buffer_region region{offset, bytes};
  cl_int status = CL_SUCCESS;
  const cl_mem memory = cl().clCreateSubBuffer(whole.get(), CL_MEM_READ_WRITE,
                                               CL_BUFFER_CREATE_TYPE_REGION, &region, &status);
  check(status, "dividing the memory of activations");
  return {memory, cl().clReleaseMemObject};
}

bool Context::lies_at(const Buffer& inner, const Buffer& outer, std::size_t offset) const {
  const auto place = [&](const Buffer& buffer) {
    cl_mem whole = nullptr;
    std::size_t begin = 0;
    check(cl().clGetMemObjectInfo(buffer.get(), CL_MEM_ASSOCIATED_MEMOBJECT, sizeof(whole), &whole,
                                  nullptr),
          "asking where memory lies");
    check(cl().clGetMemObjectInfo(buffer.get(), CL_MEM_OFFSET, sizeof(begin), &begin, nullptr),
          "asking where memory lies");
    return std::pair(whole == nullptr ? buffer.get() : whole, begin);
  };
  const auto [inner_whole, inner_begin] = place(inner);
  const auto [outer_whole, outer_begin] = place(outer);
  return inner_whole == outer_whole && inner_begin == outer_begin + offset;
}

CommandQueue Context::queue(bool profiling) const {
  cl_int status = CL_SUCCESS;
  const cl_command_queue queue = cl().clCreateCommandQueue(
      context_.get(), device_.id, profiling ? CL_QUEUE_PROFILING_ENABLE : 0, &status);
  check(status, concat("opening a queue of ", device_.name));
  return {queue, cl().clReleaseCommandQueue};
}

Kernel Context::kernel(const KernelId& id) {
  const Program program = this->program(id);
  const std::string function(id.function);
  cl_int status = CL_SUCCESS;
  const cl_kernel kernel = cl().clCreateKernel(program.get(), function.c_str(), &status);
  check(status, concat("finding the kernel ", function, " of ", id.file));
  return {kernel, cl().clReleaseKernel};
}

Context::Program Context::program(const KernelId& id) {
  const std::lock_guard lock(mutex_);
  const std::string options = concat(kOptions, id.options);
  Program& program = programs_[concat(id.file, ' ', options, '\n', id.text)];
  if (program != nullptr) return program;
  const std::string source = concat(source_of("common.cl"), source_of(id.file), id.text);
  const std::string key = concat(device_.name, '\n', device_.driver, '\n', options, '\n', source);
  program = from_cache(key, options);
  if (program == nullptr) {
    program = build(source, options);
    cache_.put(key, binary_of(cl(), program.get()));
  }
  return program;
}

Context::Program Context::build(const std::string& source, const std::string& options) {
  const char* text = source.data();
  const std::size_t size = source.size();
  cl_int status = CL_SUCCESS;
  const Program program(
      cl().clCreateProgramWithSource(context_.get(), 1, &text, &size, &status),
      [release = cl().clReleaseProgram](cl_program p) { return p == nullptr ? 0 : release(p); });
  check(status, "clCreateProgramWithSource");
  if (cl().clBuildProgram(program.get(), 1, &device_.id, options.c_str(), nullptr, nullptr) !=
      CL_SUCCESS) {
    fail(ErrorCode::kUnsupported, "the compiler of ", device_.described(),
         " refuses a kernel; update the driver, or use --device cpu. It says: ",
         build_log(cl(), program.get(), device_.id));
  }
  return program;
}

/// nullptr if there is none, or the driver does not take it any more.
Context::Program Context::from_cache(const std::string& key, const std::string& options) {
  const auto binary = cache_.get(key);
  if (!binary) return nullptr;
  const auto* data = reinterpret_cast<const unsigned char*>(binary->data());
  const std::size_t size = binary->size();
  cl_int status = CL_SUCCESS, accepted = CL_SUCCESS;
  const cl_program created = cl().clCreateProgramWithBinary(context_.get(), 1, &device_.id, &size,
                                                            &data, &accepted, &status);
  if (created == nullptr) return nullptr;
  Program program(created, cl().clReleaseProgram);
  if (status != CL_SUCCESS || accepted != CL_SUCCESS ||
      cl().clBuildProgram(created, 1, &device_.id, options.c_str(), nullptr, nullptr) !=
          CL_SUCCESS) {
    return nullptr;
  }
  return program;
}

}  // namespace headway::opencl
