#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "headway/model.h"
#include "headway/profile.h"
#include "headway/tensor.h"

namespace headway {

class ProgramImpl;
class SessionImpl;

/// What compile() made of a model; for reports.
struct ProgramSummary {
  int threads = 0;
  std::string isa;                  ///< "avx512", "avx2", "portable".
  std::size_t nodes = 0;            ///< After fusion.
  std::size_t reference_nodes = 0;  ///< Of these, run on plain reference kernels: slow.
  std::string device;               ///< "cpu", or the GPU's name, kind and driver.
  std::string device_kind;          ///< "CPU", "GPU", "accelerator".
  std::size_t fallback_nodes = 0;   ///< Of these, run on the CPU although the device is another.
  std::size_t weight_bytes = 0;     ///< Packed weights.
  std::size_t arena_bytes = 0;      ///< Activations, all lifetimes packed.
  std::size_t peak_live_bytes = 0;  ///< Most activations needed at once: no arena can be smaller.
  std::map<std::string, std::size_t> algorithms;  ///< Nodes by StepInfo::algorithm.
};

/// An executable model: immutable, thread-safe, cheap to copy. Owns the packed weights.
class HEADWAY_API Program {
 public:
  std::vector<ValueInfo> inputs() const;
  std::vector<ValueInfo> outputs() const;
  ProgramSummary summary() const;

 private:
  friend class Model;
  friend class Session;
  explicit Program(std::shared_ptr<const ProgramImpl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const ProgramImpl> impl_;
};

/// The activations of one caller of a Program. Use one per thread; not thread-safe itself.
class HEADWAY_API Session {
 public:
  explicit Session(const Program& program);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// Runs the model. `inputs` in the model's order; shapes and dtypes are checked
  /// (Error(kInvalidArgument) names the input). The returned tensors belong to the session and are
  /// overwritten by the next run: clone() what must outlive it. Allocates nothing once it has run
  /// with the same shapes, unless shapes within the model depend on data. Throws
  /// Error(kInvalidArgument) if an input or output of the model is no tensor: see evaluate.
  std::span<const Tensor> run(std::span<const Tensor> inputs);

  /// The same for any model: inputs and outputs may be sequences and optionals too.
  std::span<const Datum> evaluate(std::span<const Datum> inputs);

  /// The same as run, and says when each step ended and what each thread did. Costs some 50 ns per
  /// step and thread; allocates only if `profile` comes from fewer steps. Of threads that other
  /// sessions use meanwhile, only the work for this one counts.
  std::span<const Tensor> run_profiled(std::span<const Tensor> inputs, Profile& profile);

  /// Runs on inputs that are on the device already, once for each figure. Throws
  /// Error(kInvalidArgument) if the program runs on this processor.
  DeviceTimes device_times(std::span<const Tensor> inputs);

  /// What run takes for inputs of these dtypes and shapes, in order. A model whose shapes depend on
  /// data is run for that; what its bodies take is part of their nodes.
  std::vector<StepInfo> steps(std::span<const Tensor> inputs);

 private:
  std::unique_ptr<SessionImpl> impl_;
};

}  // namespace headway
