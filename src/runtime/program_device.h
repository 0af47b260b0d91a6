#pragma once

#include "backends/opencl/device_weights.h"

namespace headway {

/// The device that a program runs on, if it is not this processor, and what the program keeps
/// there.
struct ProgramDevice {
  ProgramDevice(opencl::Device device, bool keep_weights)
      : context(std::move(device)), weights(context, keep_weights) {}

  opencl::Context context;
  opencl::DeviceWeights weights;
};

}  // namespace headway
