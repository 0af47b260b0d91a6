#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "headway/tensor.h"

#include "bench/clock.h"

namespace headway::bench {

/// A name and the tensor it is bound to, in the model's own input or output order.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// Free-form settings: runtime options on the way in, what was actually set on the way out.
using Settings = std::map<std::string, std::string>;

/// What a worker is asked to load. Everything that could make a comparison unfair is explicit.
struct LoadRequest {
  std::string model_path;  ///< .onnx or .pt, as the row of the registry asks for.
  std::string device =
      "cpu";           ///< "cpu" or "gpu". A runtime that cannot must throw Error(kUnsupported).
  int threads = 1;     ///< Intra-operator threads; one operator runs at a time.
  bool tuned = false;  ///< false: as a user gets it; true: the runtime's documented best settings.
  std::vector<NamedTensor> inputs;  ///< One example of each input: fixes names, shapes and dtypes.
  Settings options;  ///< The row's own options, for example {"mode": "eager"} or {"library": path}.
};

/// What a runtime says about itself before anything is loaded (`headway runtimes`).
struct RuntimeInfo {
  std::string version;               ///< As the runtime itself reports it, for example "1.30.0".
  std::string library;               ///< File the runtime was loaded from.
  std::vector<std::string> devices;  ///< "cpu", "gpu: <name>", …
};

/// What a call takes on the device alone, once its inputs are there and before its outputs leave.
struct DeviceTimes {
  std::int64_t resident_ns = 0;            ///< From handing over the work until it is done.
  std::optional<std::int64_t> kernels_ns;  ///< Of the kernels, as the device's own clock tells.
};

/// One inference runtime behind the worker protocol; `worker_main` drives it. Every method may
/// throw headway::Error (or any std::exception): its sentence becomes the row's.
class Runtime {
 public:
  virtual ~Runtime() = default;

  /// Version and devices. Throws Error(kNotFound) saying what is missing and how to get it.
  virtual RuntimeInfo probe(const Settings& options) = 0;

  /// Loads the model and prepares it as far as the runtime does before the first call; timed as
  /// "load". Returns the settings really in force (threads, optimization level, provider, layout,
  /// …).
  virtual Settings load(const LoadRequest& request) = 0;

  /// One inference: host tensors in, host tensors out, complete when it returns (synchronize
  /// devices). `inputs` are in the order of LoadRequest::inputs. The outputs belong to the runtime
  /// and stay valid until the next call. This is the timed boundary: whatever a user must do per
  /// call happens inside, nothing else does.
  virtual std::span<const NamedTensor> run(std::span<const Tensor> inputs) = 0;

  /// One more inference, which is timed by the runtime itself; nullopt if it cannot tell. Asked
  /// only of devices other than the CPU, after everything else was measured.
  virtual std::optional<DeviceTimes> device_times(std::span<const Tensor> /*inputs*/) {
    return std::nullopt;
  }
};

/// Speaks the worker protocol (docs/worker-protocol.md) with the scheduler until told to exit.
/// Returns the process's exit status.
int worker_main(int argc, char** argv, Runtime& runtime);

/// The same, with another clock than the machine's.
int worker_main(int argc, char** argv, Runtime& runtime, const Clock& clock);

/// The socket to the scheduler as the command line names it, or -1.
int channel_descriptor(int argc, char** argv);

}  // namespace headway::bench
