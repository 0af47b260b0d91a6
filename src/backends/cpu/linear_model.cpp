#include <algorithm>
#include <optional>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "kernels/gemm/gemm.h"
#include "kernels/threshold.h"
#include "ops/ml/attributes.h"

namespace headway::cpu {
namespace {

/// scores = x · coefficients^T + intercepts, transformed; a classifier's label is the largest.
class LinearModelStep final : public Step {
 public:
  LinearModelStep(const Node& node, const GemmShape& shape, Lowering& lowering)
      : shape_(shape),
        product_(shape, {.bias = true}, lowering.tiles, lowering.threads),
        transform_(post_transform_of(node)),
        classifies_(node.is("LinearClassifier", kMlDomain)),
        labels_(node.get_ints("classlabels_ints", {})),
        coefficients_(node.get_floats("coefficients", {})),
        threads_(lowering.threads),
        loops_(lowering.loops) {
    intercepts_ = node.get_floats("intercepts", {});
    intercepts_.resize(static_cast<std::size_t>((shape.n + 15) / 16 * 16));
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    const KernelContext context{pool, loops_};
    float* output = scores_output(operands);
    auto* scores = output != nullptr ? output : static_cast<float*>(operands.scratch);
    auto* rest = static_cast<float*>(operands.scratch) + scores_floats();
    product_.run(context, float_input(operands, 0), coefficients_.data(),
                 {.bias = intercepts_.data()}, scores, rest + threads_ * 2 * row_floats());
    if (!classifies_ && transform_ == PostTransform::kNone) return;
    constexpr std::int64_t kWorkPerScore = 16;
    for_tasks(context, shape_.m, shape_.n * kWorkPerScore,
              [&](std::int64_t row, std::int64_t last, int thread) {
                auto* wide = reinterpret_cast<double*>(rest + thread * 2 * row_floats());
                for (; row < last; ++row) finish(operands, row, scores + row * shape_.n, wide);
              });
  }

  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(scores_floats() + threads_ * 2 * row_floats()) * sizeof(float) +
           product_.scratch_bytes(false);
  }

 private:
  std::int64_t row_floats() const { return (shape_.n + 15) / 16 * 16; }
  std::int64_t scores_floats() const { return (shape_.m * shape_.n + 15) / 16 * 16; }

  float* scores_output(const Operands& operands) const {
    const std::size_t index = classifies_ ? 1 : 0;
    return index < operands.outputs.size() ? float_output(operands, index) : nullptr;
  }

  void finish(const Operands& operands, std::int64_t row, float* scores, double* wide) const {
    if (classifies_ && operands.outputs[0] != nullptr) {
      const auto label = std::max_element(scores, scores + shape_.n) - scores;
      static_cast<std::int64_t*>(operands.outputs[0])[row] =
          labels_[static_cast<std::size_t>(label)];
    }
    if (transform_ == PostTransform::kNone) return;
    std::copy_n(scores, shape_.n, wide);
    transform_scores(transform_, {wide, static_cast<std::size_t>(shape_.n)});
    std::transform(wide, wide + shape_.n, scores,
                   [](double score) { return static_cast<float>(score); });
  }

  GemmShape shape_;
  Gemm product_;
  PostTransform transform_;
  bool classifies_;
  std::vector<std::int64_t> labels_;
  std::vector<float> coefficients_, intercepts_;
  int threads_;
  const InnerLoops& loops_;
};

}  // namespace

std::unique_ptr<Step> lower_linear_model(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0))) return nullptr;
  const Shape x = shape_of(node.input(0));
  const bool classifies = node.is("LinearClassifier", kMlDomain);
  const auto targets = classifies
                           ? static_cast<std::int64_t>(node.get_ints("classlabels_ints", {}).size())
                           : node.get_int("targets", 1);
  const auto given = static_cast<std::int64_t>(node.get_floats("coefficients", {}).size());
  if (targets < 1 || given / x.back() < targets) return nullptr;
  GemmShape shape;
  shape.m = x.size() == 1 ? 1 : x[0];
  shape.n = targets;
  shape.k = x.back();
  shape.transpose_b = true;
  return std::make_unique<LinearModelStep>(node, shape, lowering);
}

}  // namespace headway::cpu
