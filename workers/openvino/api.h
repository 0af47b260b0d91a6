#pragma once

#include <memory>

#include <openvino/c/openvino.h>

#include "headway/dtype.h"
#include "headway/error.h"

#include "common/shared_library.h"

namespace headway::workers {

#define HEADWAY_OPENVINO_FUNCTIONS(X)            \
  X(ov_available_devices_free)                   \
  X(ov_compiled_model_create_infer_request)      \
  X(ov_compiled_model_free)                      \
  X(ov_compiled_model_get_property)              \
  X(ov_core_compile_model)                       \
  X(ov_core_create)                              \
  X(ov_core_free)                                \
  X(ov_core_get_available_devices)               \
  X(ov_core_read_model)                          \
  X(ov_free)                                     \
  X(ov_get_last_err_msg)                         \
  X(ov_get_openvino_version)                     \
  X(ov_infer_request_free)                       \
  X(ov_infer_request_get_output_tensor_by_index) \
  X(ov_infer_request_infer)                      \
  X(ov_infer_request_set_input_tensor_by_index)  \
  X(ov_model_const_input_by_index)               \
  X(ov_model_const_output_by_index)              \
  X(ov_model_free)                               \
  X(ov_model_inputs_size)                        \
  X(ov_model_is_dynamic)                         \
  X(ov_model_outputs_size)                       \
  X(ov_model_reshape)                            \
  X(ov_output_const_port_free)                   \
  X(ov_partial_shape_create_static)              \
  X(ov_partial_shape_free)                       \
  X(ov_port_get_any_name)                        \
  X(ov_shape_free)                               \
  X(ov_tensor_create_from_host_ptr)              \
  X(ov_tensor_data)                              \
  X(ov_tensor_free)                              \
  X(ov_tensor_get_element_type)                  \
  X(ov_tensor_get_shape)                         \
  X(ov_version_free)

/// OpenVINO's C interface, taken from a library opened at run time. The members have its own names.
class OpenVinoApi {
 public:
  /// Throws Error(kUnsupported) if a function is missing.
  explicit OpenVinoApi(const SharedLibrary& library);

#define HEADWAY_DECLARE(name) decltype(&::name) name;
  HEADWAY_OPENVINO_FUNCTIONS(HEADWAY_DECLARE)
#undef HEADWAY_DECLARE

  /// Throws Error(code) with OpenVINO's own message unless `status` is OK.
  void check(ov_status_e status, ErrorCode code = ErrorCode::kInternal) const;

  /// Creates an object through `create(args..., &object)`, to be released through `release`.
  template <typename T, typename Create, typename Release, typename... Args>
  std::shared_ptr<T> make(Create create, Release release, Args... args) const {
    T* object = nullptr;
    check(create(args..., &object));
    return std::shared_ptr<T>(object, release);
  }
};

/// OpenVINO's number for an element type, and back. Both throw Error(kUnsupported).
ov_element_type_e element_type_of(DType dtype);
DType dtype_of(ov_element_type_e element_type);

}  // namespace headway::workers
