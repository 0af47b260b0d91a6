#include <optional>

#include "backends/opencl/element_types.h"
#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "base/error.h"

namespace headway::opencl {
namespace {

/// Integers lose high bits; floating-point numbers are kept within an integer's range.
std::optional<std::string> options_for(DType from, DType to) {
  const bool from_half = from == DType::kFloat16, to_half = to == DType::kFloat16;
  const auto source = from_half ? std::optional<std::string>("ushort") : computed_type(from);
  const auto target = to_half ? std::optional<std::string>("ushort") : computed_type(to);
  const bool moves_halves = from_half && to_half;
  if (!source || !target || moves_halves) return std::nullopt;
  const bool saturates = is_floating_point(from) && !is_floating_point(to);
  const std::string convert =
      to == DType::kBool ? "is_not_zero" : concat("convert_", *target, saturates ? "_sat" : "");
  return concat("-DFROM=", *source, " -DTO=", *target, " -DCONVERT=", convert,
                from_half ? " -DLOAD_HALF" : "", to_half ? " -DSTORE_HALF" : "");
}

class CastStep final : public Step {
 public:
  CastStep(const Node& node, std::string options)
      : options_(std::move(options)), count_(elements_of(node.output())) {}

  void record(Commands& commands, const Operands& operands) const override {
    commands.launch({"cast.cl", "cast", options_}, work_for(count_), operands.inputs[0],
                    operands.outputs[0], count_);
  }

 private:
  std::string options_;
  cl_int count_;
};

/// The same bytes.
class CopyStep final : public Step {
 public:
  explicit CopyStep(const Node& node)
      : bytes_(static_cast<std::size_t>(elements_of(node.output())) *
               size_of(node.output()->type.dtype)) {}

  void record(Commands& commands, const Operands& operands) const override {
    commands.copy(operands.inputs[0], 0, operands.outputs[0], 0, bytes_);
  }

 private:
  std::size_t bytes_;
};

}  // namespace

std::unique_ptr<Step> lower_cast(const Node& node, Lowering&) {
  const DType from = node.input(0)->type.dtype, to = node.output()->type.dtype;
  if (from == to) return std::make_unique<CopyStep>(node);
  auto options = options_for(from, to);
  return options ? std::make_unique<CastStep>(node, std::move(*options)) : nullptr;
}

}  // namespace headway::opencl
