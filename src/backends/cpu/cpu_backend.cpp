#include <cstring>

#include "backends/cpu/lowering.h"
#include "backends/tuner.h"

namespace headway::cpu {
namespace {

class CopyStep final : public Step {
 public:
  explicit CopyStep(std::size_t bytes) : bytes_(bytes) {}
  void run(const Operands& operands, ThreadPool&) const override {
    if (bytes_ > 0) std::memcpy(operands.outputs[0], operands.inputs[0], bytes_);
  }

 private:
  std::size_t bytes_;
};

}  // namespace

std::unique_ptr<headway::Step> CpuBackend::lower(const Node& node) {
  return reference_ ? lower_to_reference(node) : cpu::lower(node, lowering_);
}

std::unique_ptr<headway::Step> CpuBackend::copy(std::size_t bytes) {
  return std::make_unique<CopyStep>(bytes);
}

/// Measurements want the machine for themselves.
ThreadPool* CpuBackend::lowering_threads() {
  return lowering_.tuner.may_measure() ? nullptr : &lowering_.pool;
}

}  // namespace headway::cpu
