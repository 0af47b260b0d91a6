#include "kernels/elementwise/select.h"

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "kernels/elementwise/cast.h"
#include "kernels/strided.h"
#include "ops/broadcast.h"
#include "ops/rules.h"

namespace headway::cpu {
namespace {

class SelectStep final : public Step {
 public:
  SelectStep(const Node& node, const Lowering& lowering)
      : extents_(shape_of(node.output())), loops_(lowering.loops) {
    for (std::size_t i = 0; i < strides_.size(); ++i)
      strides_[i] = broadcast_strides(shape_of(node.input(i)), extents_);
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    select({pool, loops_}, extents_, static_cast<const bool*>(operands.inputs[0]), strides_[0],
           float_input(operands, 1), strides_[1], float_input(operands, 2), strides_[2],
           float_output(operands));
  }

 private:
  Shape extents_;
  std::array<Shape, 3> strides_;
  const InnerLoops& loops_;
};

template <typename From>
class ToFloatStep final : public Step {
 public:
  ToFloatStep(const Node& node, const Lowering& lowering)
      : size_(product(shape_of(node.output()))), loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    to_float({pool, loops_}, size_, static_cast<const From*>(operands.inputs[0]),
             float_output(operands));
  }

 private:
  std::int64_t size_;
  const InnerLoops& loops_;
};

}  // namespace

std::unique_ptr<Step> lower_where(const Node& node, Lowering& lowering) {
  if (!is_float(node.output()) || shape_of(node.output()).size() > kMaxRank) return nullptr;
  return std::make_unique<SelectStep>(node, lowering);
}

std::unique_ptr<Step> lower_cast(const Node& node, Lowering& lowering) {
  if (!is_float(node.output())) return nullptr;
  switch (node.input(0)->type.dtype) {
    case DType::kBool:
      return std::make_unique<ToFloatStep<bool>>(node, lowering);
    case DType::kUInt8:
      return std::make_unique<ToFloatStep<std::uint8_t>>(node, lowering);
    case DType::kInt32:
      return std::make_unique<ToFloatStep<std::int32_t>>(node, lowering);
    case DType::kInt64:
      return std::make_unique<ToFloatStep<std::int64_t>>(node, lowering);
    default:
      return nullptr;
  }
}

}  // namespace headway::cpu
