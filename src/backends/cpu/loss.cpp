#include <cmath>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "base/error.h"
#include "kernels/reduce/reduce.h"

namespace headway::cpu {
namespace {

/// -weight · x[label], or with the logarithm of the sum of exponentials taken from x; labels to be
/// ignored cost and weigh nothing.
class LossStep final : public Step {
 public:
  LossStep(const Node& node, const AxisExtents& lines, const Lowering& lowering)
      : lines_(lines),
        normalizes_(node.is("SoftmaxCrossEntropyLoss")),
        each_(node.get_string("reduction", "mean") == "none"),
        mean_(node.get_string("reduction", "mean") == "mean"),
        ignores_(node.has("ignore_index")),
        ignored_(node.get_int("ignore_index", 0)),
        wide_labels_(node.input(1)->type.dtype == DType::kInt64),
        described_(node.described()),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    auto* shifts = static_cast<float*>(operands.scratch);
    const float *x = float_input(operands, 0), *weights = float_input(operands, 2);
    float* output = float_output(operands);
    if (normalizes_) log_sum_exp({pool, loops_}, lines_.outer, lines_.axis, x, shifts);
    double sum = 0, weight = 0;
    for (std::int64_t line = 0; line < lines_.outer * lines_.inner; ++line) {
      const std::int64_t label = label_of(operands, line);
      const bool counts = !ignores_ || label != ignored_;
      double loss = 0;
      if (counts) {
        check(label);
        const std::int64_t first =
            line / lines_.inner * lines_.axis * lines_.inner + line % lines_.inner;
        const double of_label = weights ? weights[label] : 1.0F;
        const double shift = normalizes_ ? shifts[line] : 0.0F;
        loss = of_label * (shift - x[first + label * lines_.inner]);
        weight += of_label;
      }
      sum += loss;
      if (each_) output[line] = static_cast<float>(loss);
    }
    if (!each_) *output = static_cast<float>(mean_ ? sum / weight : sum);
  }

  std::size_t scratch_bytes() const override {
    return normalizes_ ? static_cast<std::size_t>(lines_.outer) * sizeof(float) : 0;
  }

 private:
  std::int64_t label_of(const Operands& operands, std::int64_t line) const {
    const void* labels = operands.inputs[1];
    return wide_labels_ ? static_cast<const std::int64_t*>(labels)[line]
                        : static_cast<const std::int32_t*>(labels)[line];
  }
  void check(std::int64_t label) const {
    if (label >= 0 && label < lines_.axis) return;
    fail(ErrorCode::kInvalidArgument, described_, ": label ", label, " is none of the ",
         lines_.axis, " classes");
  }

  AxisExtents lines_;
  bool normalizes_, each_, mean_, ignores_;
  std::int64_t ignored_;
  bool wide_labels_;
  std::string described_;
  const InnerLoops& loops_;
};

}  // namespace

std::unique_ptr<Step> lower_loss(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0)) || node.output() == nullptr) return nullptr;
  const AxisExtents lines = around(shape_of(node.input(0)), 1, 2);
  const bool normalizes = node.is("SoftmaxCrossEntropyLoss");
  if (normalizes && (lines.inner != 1 || node.output(1) != nullptr)) return nullptr;
  return std::make_unique<LossStep>(node, lines, lowering);
}

}  // namespace headway::cpu
