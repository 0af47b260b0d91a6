#include "kernels/normalization/lines.h"

#include <optional>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "ops/rules.h"

namespace headway::cpu {
namespace {

enum class LineOp { kLp1, kLp2, kMeanVariance, kHardmax };

class LinesStep final : public Step {
 public:
  LinesStep(LineOp op, const AxisExtents& extents, const Lowering& lowering)
      : op_(op), extents_(extents), loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    const KernelContext context{pool, loops_};
    const auto [outer, axis, inner] = extents_;
    const float* x = float_input(operands, 0);
    float* y = float_output(operands);
    if (op_ == LineOp::kHardmax) return hardmax(context, outer, axis, x, y);
    if (op_ == LineOp::kMeanVariance)
      return mean_variance_normalize(context, outer, axis, inner, x, y);
    lp_normalize(context, op_ == LineOp::kLp2, outer, axis, inner, x, y);
  }

 private:
  LineOp op_;
  AxisExtents extents_;
  const InnerLoops& loops_;
};

/// The axes that are kept as one, with all others around them.
std::optional<AxisExtents> around_kept_axes(const Shape& shape, std::vector<std::size_t> reduced) {
  std::vector<bool> is_reduced(shape.size());
  for (const std::size_t axis : reduced) is_reduced[axis] = true;
  if (reduced.size() == shape.size()) return around(shape, 0, 0);
  std::size_t first = 0, end = shape.size();
  while (first < end && is_reduced[first]) ++first;
  while (end > first && is_reduced[end - 1]) --end;
  for (std::size_t axis = first; axis < end; ++axis) {
    if (is_reduced[axis]) return std::nullopt;
  }
  return around(shape, first, end);
}

}  // namespace

std::unique_ptr<Step> lower_lines(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0))) return nullptr;
  const Shape shape = shape_of(node.input(0));
  if (node.is("MeanVarianceNormalization")) {
    const auto extents =
        around_kept_axes(shape, resolve_axes(node, node.get_ints("axes", {0, 2, 3}), shape.size()));
    if (!extents) return nullptr;
    return std::make_unique<LinesStep>(LineOp::kMeanVariance, *extents, lowering);
  }
  const std::size_t axis = resolve_axis(node, node.get_int("axis", -1), shape.size());
  const AxisExtents extents = around(shape, axis, axis + 1);
  if (node.is("Hardmax")) {
    if (extents.inner != 1) return nullptr;
    return std::make_unique<LinesStep>(LineOp::kHardmax, extents, lowering);
  }
  const LineOp op = node.get_int("p", 2) == 2 ? LineOp::kLp2 : LineOp::kLp1;
  return std::make_unique<LinesStep>(op, extents, lowering);
}

}  // namespace headway::cpu
