#include "backends/opencl/fallback.h"

#include <vector>

namespace headway::opencl {
namespace {

std::size_t bytes_of(const Value* value) {
  if (value == nullptr) return 0;
  return static_cast<std::size_t>(num_elements(value->type.static_shape().value())) *
         size_of(value->type.dtype);
}

class HostStep final : public Step {
 public:
  HostStep(const Node& node, cpu::CpuBackend& backend, ThreadPool& pool)
      : step_(backend.lower(node)), pool_(pool) {
    for (std::size_t i = 0; i < node.inputs().size(); ++i) {
      const Value* input = node.input(i);
      input_bytes_.push_back(bytes_of(input));
      const bool is_read = input != nullptr && input->is_constant() && step_->reads(i);
      constants_.push_back(is_read ? input->constant() : Tensor());
    }
    for (const Value* output : node.outputs()) output_bytes_.push_back(bytes_of(output));
  }

  void record(Commands& commands, const Operands& operands) const override {
    std::vector<Commands::HostOperand> inputs, outputs;
    for (std::size_t i = 0; i < operands.inputs.size(); ++i)
      inputs.push_back({operands.inputs[i], input_bytes_[i]});
    for (std::size_t i = 0; i < operands.outputs.size(); ++i)
      outputs.push_back({operands.outputs[i], output_bytes_[i]});
    Tensor scratch =
        Tensor::allocate(DType::kUInt8, {static_cast<std::int64_t>(step_->scratch_bytes())});
    commands.call_host(
        std::move(inputs), std::move(outputs),
        [step = step_, constants = constants_, scratch, &pool = pool_](
            std::span<const void* const> mapped, std::span<void* const> writes) mutable {
          std::vector<const void*> reads(mapped.begin(), mapped.end());
          for (std::size_t i = 0; i < reads.size(); ++i)
            if (constants[i].defined()) reads[i] = constants[i].raw();
          static_cast<const cpu::Step&>(*step).run({reads, writes, scratch.raw()}, pool);
        });
  }

  /// Constants are kept where the processor reads them.
  bool reads(std::size_t input) const override {
    return !constants_[input].defined() && step_->reads(input);
  }
  bool is_reference() const override { return step_->is_reference(); }
  std::string algorithm() const override { return std::string(kOnHost); }

 private:
  std::shared_ptr<const headway::Step> step_;
  ThreadPool& pool_;
  std::vector<Tensor> constants_;  ///< By input; undefined where it is none.
  std::vector<std::size_t> input_bytes_, output_bytes_;
};

}  // namespace

std::unique_ptr<Step> lower_to_host(const Node& node, cpu::CpuBackend& backend, ThreadPool& pool) {
  return std::make_unique<HostStep>(node, backend, pool);
}

}  // namespace headway::opencl
