#include "openvino/open_vino.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "common/peers.h"

namespace headway::workers {
namespace {

LibrarySearch library_search() {
  return {.runtime = "OpenVINO",
          .variable = "HEADWAY_OPENVINO_LIBRARY",
          .peer_folder = "openvino/openvino/libs",
          .peer_prefix = "libopenvino_c.so",
          .system_names = {"libopenvino_c.so"}};
}

}  // namespace

void OpenVino::open(const bench::Settings& options) {
  if (api_) return;
  const SharedLibrary library = find_library(library_search(), options);
  api_.emplace(library);
  library_ = library.path();
  ov_version_t version{};
  api_->check(api_->ov_get_openvino_version(&version));
  version_ = version.buildNumber;
  version_.resize(std::min(version_.size(), version_.find('-')));
  api_->ov_version_free(&version);
  core_ = api_->make<ov_core_t>(api_->ov_core_create, api_->ov_core_free);
}

std::vector<std::string> OpenVino::devices() const {
  ov_available_devices_t list{};
  api_->check(api_->ov_core_get_available_devices(core_.get(), &list));
  std::vector<std::string> names(list.devices, list.devices + list.size);
  api_->ov_available_devices_free(&list);
  return names;
}

bench::RuntimeInfo OpenVino::probe(const bench::Settings& options) {
  open(options);
  bench::RuntimeInfo info{.version = version_, .library = library_, .devices = {}};
  for (const std::string& device : devices()) {
    info.devices.push_back(device == "CPU"             ? "cpu"
                           : device.starts_with("GPU") ? "gpu: " + device
                                                       : device);
  }
  return info;
}

std::string OpenVino::parse_device(const std::string& device) const {
  const std::string wanted = device == "cpu" ? "CPU" : "GPU";
  for (const std::string& name : devices()) {
    if (name.starts_with(wanted)) return name;
  }
  fail(ErrorCode::kUnsupported, "OpenVINO ", version_, " finds no ", wanted,
       " on this machine; its GPU plugin needs an Intel GPU and its OpenCL driver");
}

bench::Settings OpenVino::load(const bench::LoadRequest& request) {
  open(request.options);
  const std::string device = parse_device(request.device);
  ov_model_t* model = nullptr;
  api_->check(api_->ov_core_read_model(core_.get(), request.model_path.c_str(), nullptr, &model),
              ErrorCode::kInvalidModel);
  model_ = std::shared_ptr<ov_model_t>(model, api_->ov_model_free);
  bind_inputs(request);
  fix_shapes(request);
  compile(device, request);
  infer_ = api_->make<ov_infer_request_t>(api_->ov_compiled_model_create_infer_request,
                                          api_->ov_infer_request_free, compiled_.get());
  return {{"version", version_},
          {"library", library_},
          {"device", device},
          {"threads", device == "CPU" ? property("INFERENCE_NUM_THREADS") : "the device's"},
          {"performance hint", property("PERFORMANCE_HINT")},
          {"precision",
           property("INFERENCE_PRECISION_HINT") + " (set; the default may be bf16 or f16)"},
          {"streams", property("NUM_STREAMS")},
          {"denormals", request.tuned && device == "CPU" ? "flushed to zero" : "kept (default)"}};
}

void OpenVino::compile(const std::string& device, const bench::LoadRequest& request) {
  const std::string threads = std::to_string(request.threads);
  const auto compile_with = [&](auto... properties) {
    ov_compiled_model_t* compiled = nullptr;
    api_->check(api_->ov_core_compile_model(core_.get(), model_.get(), device.c_str(),
                                            sizeof...(properties), &compiled, properties...));
    compiled_ = std::shared_ptr<ov_compiled_model_t>(compiled, api_->ov_compiled_model_free);
  };
  if (device == "CPU" && request.tuned) {
    compile_with("PERFORMANCE_HINT", "LATENCY", "INFERENCE_PRECISION_HINT", "f32",
                 "INFERENCE_NUM_THREADS", threads.c_str(), "CPU_DENORMALS_OPTIMIZATION", "YES");
  } else if (device == "CPU") {
    compile_with("PERFORMANCE_HINT", "LATENCY", "INFERENCE_PRECISION_HINT", "f32",
                 "INFERENCE_NUM_THREADS", threads.c_str());
  } else {
    compile_with("PERFORMANCE_HINT", "LATENCY", "INFERENCE_PRECISION_HINT", "f32");
  }
}

std::string OpenVino::property(const char* key) const {
  const auto value =
      api_->make<char>(api_->ov_compiled_model_get_property, api_->ov_free, compiled_.get(), key);
  return value.get();
}

std::vector<std::string> OpenVino::names(bool inputs) const {
  std::size_t count = 0;
  api_->check(inputs ? api_->ov_model_inputs_size(model_.get(), &count)
                     : api_->ov_model_outputs_size(model_.get(), &count));
  std::vector<std::string> names;
  for (std::size_t index = 0; index < count; ++index) {
    const auto port = api_->make<ov_output_const_port_t>(
        inputs ? api_->ov_model_const_input_by_index : api_->ov_model_const_output_by_index,
        api_->ov_output_const_port_free, model_.get(), index);
    names.emplace_back(
        api_->make<char>(api_->ov_port_get_any_name, api_->ov_free, port.get()).get());
  }
  return names;
}

void OpenVino::bind_inputs(const bench::LoadRequest& request) {
  const std::vector<std::string> known = names(true);
  input_indices_.clear();
  for (const bench::NamedTensor& input : request.inputs) {
    const auto name = std::find(known.begin(), known.end(), input.name);
    if (name == known.end()) {
      fail(ErrorCode::kInvalidArgument, "'", request.model_path, "' has no input '", input.name,
           "'");
    }
    input_indices_.push_back(static_cast<std::size_t>(name - known.begin()));
  }
  if (input_indices_.size() != known.size()) {
    fail(ErrorCode::kInvalidArgument, "'", request.model_path, "' needs ", known.size(),
         " inputs, but ", input_indices_.size(), " were given");
  }
  output_names_ = names(false);
}

/// A model with symbolic extents is compiled for the shapes it will see; fixed ones stay as they
/// are.
void OpenVino::fix_shapes(const bench::LoadRequest& request) {
  if (!api_->ov_model_is_dynamic(model_.get())) return;
  std::vector<const char*> input_names;
  std::vector<ov_partial_shape_t> shapes;
  for (const bench::NamedTensor& input : request.inputs) {
    const Shape& shape = input.tensor.shape();
    input_names.push_back(input.name.c_str());
    api_->check(api_->ov_partial_shape_create_static(static_cast<std::int64_t>(shape.size()),
                                                     shape.data(), &shapes.emplace_back()));
  }
  const ov_status_e status =
      api_->ov_model_reshape(model_.get(), input_names.data(), shapes.data(), shapes.size());
  for (ov_partial_shape_t& shape : shapes) api_->ov_partial_shape_free(&shape);
  api_->check(status);
}

std::span<const bench::NamedTensor> OpenVino::run(std::span<const Tensor> inputs) {
  if (inputs.size() != input_indices_.size()) {
    fail(ErrorCode::kInvalidArgument, "the model has ", input_indices_.size(), " inputs, but ",
         inputs.size(), " were given");
  }
  outputs_.clear();
  tensors_.clear();
  for (std::size_t index = 0; index < inputs.size(); ++index) {
    const Tensor& input = inputs[index];
    const ov_shape_t shape{static_cast<std::int64_t>(input.rank()),
                           const_cast<std::int64_t*>(input.shape().data())};
    tensors_.push_back(api_->make<ov_tensor_t>(api_->ov_tensor_create_from_host_ptr,
                                               api_->ov_tensor_free, element_type_of(input.dtype()),
                                               shape, const_cast<void*>(input.raw())));
    api_->check(api_->ov_infer_request_set_input_tensor_by_index(
        infer_.get(), input_indices_[index], tensors_.back().get()));
  }
  api_->check(api_->ov_infer_request_infer(infer_.get()));
  for (std::size_t index = 0; index < output_names_.size(); ++index) {
    outputs_.push_back(read_output(index));
  }
  return outputs_;
}

bench::NamedTensor OpenVino::read_output(std::size_t index) {
  tensors_.push_back(api_->make<ov_tensor_t>(api_->ov_infer_request_get_output_tensor_by_index,
                                             api_->ov_tensor_free, infer_.get(), index));
  const ov_tensor_t* tensor = tensors_.back().get();
  ov_element_type_e element_type{};
  ov_shape_t extents{};
  void* data = nullptr;
  api_->check(api_->ov_tensor_get_element_type(tensor, &element_type));
  api_->check(api_->ov_tensor_get_shape(tensor, &extents));
  Shape shape(extents.dims, extents.dims + extents.rank);
  api_->ov_shape_free(&extents);
  api_->check(api_->ov_tensor_data(tensor, &data));
  const DType dtype = dtype_of(element_type);
  if (num_elements(shape) == 0) return {output_names_[index], Tensor::allocate(dtype, shape)};
  return {output_names_[index], Tensor::borrow(data, dtype, std::move(shape), nullptr)};
}

}  // namespace headway::workers
