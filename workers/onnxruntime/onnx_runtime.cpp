#include "onnxruntime/onnx_runtime.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "common/peers.h"

namespace headway::workers {
namespace {

LibrarySearch library_search() {
  return {.runtime = "ONNX Runtime",
          .variable = "HEADWAY_ORT_LIBRARY",
          .peer_folder = "onnxruntime/onnxruntime/capi",
          .peer_prefix = "libonnxruntime.so",
          .system_names = {"libonnxruntime.so.1", "libonnxruntime.so"}};
}

/// The GPU providers this worker can ask for, best first: the name the library lists, and the name
/// it is appended by.
struct GpuProvider {
  const char* listed;
  const char* appended;
};
constexpr GpuProvider kGpuProviders[] = {
    {"CUDAExecutionProvider", "CUDA"},
    {"MIGraphXExecutionProvider", "MIGraphX"},
    {"WebGpuExecutionProvider", "WebGPU"},
};

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<const char*> pointers(const std::vector<std::string>& words) {
  std::vector<const char*> result;
  for (const std::string& word : words) result.push_back(word.c_str());
  return result;
}

bool optimizes(const bench::LoadRequest& request) {
  const auto option = request.options.find("graph optimization");
  if (option == request.options.end() || option->second == "all") return true;
  if (option->second == "none") return false;
  fail(ErrorCode::kInvalidArgument, "the option 'graph optimization' is 'all' or 'none', not '",
       option->second, "'");
}

}  // namespace

void OnnxRuntime::open(const bench::Settings& options) {
  if (api_) return;
  const SharedLibrary library = find_library(library_search(), options);
  api_.emplace(library);
  library_ = library.path();
}

bench::RuntimeInfo OnnxRuntime::probe(const bench::Settings& options) {
  open(options);
  bench::RuntimeInfo info{.version = api_->version(), .library = library_, .devices = {"cpu"}};
  for (const GpuProvider& provider : kGpuProviders) {
    if (contains(api_->providers(), provider.listed)) {
      info.devices.push_back(concat("gpu (", provider.appended, " provider)"));
    }
  }
  return info;
}

bench::Settings OnnxRuntime::load(const bench::LoadRequest& request) {
  open(request.options);
  env_ = api_->make<ort::Env>(ort::kCreateEnv, ort::kReleaseEnv, ort::kLogError, "headway");
  bench::Settings settings = configure(request);
  session_ = api_->make<ort::Session>(ort::kCreateSession, ort::kReleaseSession, env_.get(),
                                      request.model_path.c_str(), options_.get());
  memory_ = api_->make<ort::MemoryInfo>(ort::kCreateCpuMemoryInfo, ort::kReleaseMemoryInfo,
                                        ort::kArenaAllocator, ort::kDefaultMemory);
  bind_names(request);
  return settings;
}

bench::Settings OnnxRuntime::configure(const bench::LoadRequest& request) {
  options_ =
      api_->make<ort::SessionOptions>(ort::kCreateSessionOptions, ort::kReleaseSessionOptions);
  ort::SessionOptions* options = options_.get();
  api_->call(ort::kSetIntraOpNumThreads, options, request.threads);
  api_->call(ort::kSetInterOpNumThreads, options, 1);
  api_->call(ort::kSetSessionExecutionMode, options, ort::kSequential);
  const bool optimize = optimizes(request);
  api_->call(ort::kSetSessionGraphOptimizationLevel, options,
             optimize ? ort::kOptimizeAll : ort::kOptimizeNothing);
  if (request.tuned) {
    api_->call(ort::kAddSessionConfigEntry, options, "session.set_denormal_as_zero", "1");
  }
  return {{"version", api_->version()},
          {"library", library_},
          {"provider", choose_provider(request)},
          {"threads", std::to_string(request.threads)},
          {"execution", "sequential"},
          {"graph optimization", optimize ? "all (default)" : "none"},
          {"spinning", "on (default)"},
          {"denormals", request.tuned ? "flushed to zero" : "kept (default)"}};
}

std::string OnnxRuntime::choose_provider(const bench::LoadRequest& request) {
  if (request.device == "cpu") return "CPUExecutionProvider";
  for (const GpuProvider& provider : kGpuProviders) {
    if (!contains(api_->providers(), provider.listed)) continue;
    api_->require(ort::kTableForGpu);
    // Without this, nodes that the provider does not know run on the CPU and nothing says so.
    api_->call(ort::kAddSessionConfigEntry, options_.get(), "session.disable_cpu_ep_fallback", "1");
    if (std::string_view(provider.appended) == "CUDA") {
      const auto cuda =
          api_->make<ort::CudaOptions>(ort::kCreateCudaOptions, ort::kReleaseCudaOptions);
      api_->call(ort::kAppendCuda, options_.get(), cuda.get());
    } else {
      api_->call(ort::kAppendProvider, options_.get(), provider.appended, nullptr, nullptr,
                 std::size_t{0});
    }
    return provider.listed;
  }
  fail(ErrorCode::kUnsupported, "ONNX Runtime ", api_->version(), " in '", library_,
       "' has no GPU provider (it has ", join(api_->providers()),
       "); point HEADWAY_ORT_LIBRARY at a build that has one");
}

std::vector<std::string> OnnxRuntime::session_names(bool inputs) const {
  ort::Allocator* allocator = nullptr;
  api_->call(ort::kGetAllocatorWithDefaultOptions, &allocator);
  std::size_t count = 0;
  inputs ? api_->call(ort::kSessionGetInputCount, session_.get(), &count)
         : api_->call(ort::kSessionGetOutputCount, session_.get(), &count);
  std::vector<std::string> names;
  for (std::size_t index = 0; index < count; ++index) {
    char* name = nullptr;
    inputs ? api_->call(ort::kSessionGetInputName, session_.get(), index, allocator, &name)
           : api_->call(ort::kSessionGetOutputName, session_.get(), index, allocator, &name);
    names.emplace_back(name);
    api_->call(ort::kAllocatorFree, allocator, static_cast<void*>(name));
  }
  return names;
}

void OnnxRuntime::bind_names(const bench::LoadRequest& request) {
  const std::vector<std::string> known = session_names(true);
  input_names_.clear();
  for (const bench::NamedTensor& input : request.inputs) {
    if (!contains(known, input.name)) {
      fail(ErrorCode::kInvalidArgument, "'", request.model_path, "' has no input '", input.name,
           "'; its inputs are ", join(known));
    }
    input_names_.push_back(input.name);
  }
  for (const std::string& name : known) {
    if (!contains(input_names_, name)) {
      fail(ErrorCode::kInvalidArgument, "'", request.model_path, "' needs its input '", name,
           "', which was not given");
    }
  }
  output_names_ = session_names(false);
  input_name_pointers_ = pointers(input_names_);
  output_name_pointers_ = pointers(output_names_);
}

std::span<const bench::NamedTensor> OnnxRuntime::run(std::span<const Tensor> inputs) {
  if (inputs.size() != input_names_.size()) {
    fail(ErrorCode::kInvalidArgument, "the model has ", input_names_.size(), " inputs, but ",
         inputs.size(), " were given");
  }
  outputs_.clear();
  values_.clear();

  std::vector<std::shared_ptr<ort::Value>> arguments;
  std::vector<const ort::Value*> argument_pointers;
  for (const Tensor& input : inputs) {
    arguments.push_back(api_->make<ort::Value>(ort::kCreateTensorWithData, ort::kReleaseValue,
                                               memory_.get(), const_cast<void*>(input.raw()),
                                               input.byte_size(), input.shape().data(),
                                               input.rank(), ort::element_type_of(input.dtype())));
    argument_pointers.push_back(arguments.back().get());
  }

  std::vector<ort::Value*> results(output_names_.size(), nullptr);
  api_->call(ort::kRun, session_.get(), nullptr, input_name_pointers_.data(),
             argument_pointers.data(), inputs.size(), output_name_pointers_.data(), results.size(),
             results.data());
  for (ort::Value* result : results) {
    values_.emplace_back(result,
                         [this](ort::Value* value) { api_->raw(ort::kReleaseValue, value); });
  }
  for (std::size_t index = 0; index < values_.size(); ++index) {
    outputs_.push_back(read_output(index));
  }
  return outputs_;
}

bench::NamedTensor OnnxRuntime::read_output(std::size_t index) const {
  ort::Value* value = values_[index].get();
  int is_tensor = 0;
  api_->call(ort::kIsTensor, value, &is_tensor);
  if (is_tensor == 0) {
    fail(ErrorCode::kUnsupported, "output '", output_names_[index], "' is not a tensor");
  }
  const auto info =
      api_->make<ort::TensorInfo>(ort::kGetTensorTypeAndShape, ort::kReleaseTensorInfo, value);
  int element_type = 0;
  std::size_t rank = 0;
  api_->call(ort::kGetTensorElementType, info.get(), &element_type);
  api_->call(ort::kGetDimensionsCount, info.get(), &rank);
  Shape shape(rank);
  api_->call(ort::kGetDimensions, info.get(), shape.data(), rank);
  void* data = nullptr;
  api_->call(ort::kGetTensorMutableData, value, &data);
  const DType dtype = ort::dtype_of(element_type);
  if (num_elements(shape) == 0) return {output_names_[index], Tensor::allocate(dtype, shape)};
  return {output_names_[index], Tensor::borrow(data, dtype, std::move(shape), nullptr)};
}

}  // namespace headway::workers
