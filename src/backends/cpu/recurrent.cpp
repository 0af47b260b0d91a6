#include "kernels/recurrent/recurrent.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "base/error.h"

namespace headway::cpu {
namespace {

enum Input : std::size_t { kX, kW, kR, kBias, kLengths, kHidden, kCell, kPeepholes };

std::optional<Unary> function_named(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  if (name == "relu") return Unary{UnaryOp::kRelu, 0, 0};
  if (name == "sigmoid") return Unary{UnaryOp::kSigmoid, 0, 0};
  if (name == "tanh") return Unary{UnaryOp::kTanh, 0, 0};
  return std::nullopt;
}

std::optional<std::vector<Unary>> functions_of(const Node& node, int directions) {
  std::vector<std::string> names;
  if (const auto given = node.attributes.find("activations"); given != node.attributes.end()) {
    names = std::get<std::vector<std::string>>(given->second);
  }
  const std::vector<std::string> defaults =
      node.is("LSTM")  ? std::vector<std::string>{"sigmoid", "tanh", "tanh"}
      : node.is("GRU") ? std::vector<std::string>{"sigmoid", "tanh"}
                       : std::vector<std::string>{"tanh"};
  for (int i = 0;
       i < directions && names.size() < defaults.size() * static_cast<std::size_t>(directions);
       ++i) {
    names.insert(names.end(), defaults.begin(), defaults.end());
  }
  std::vector<Unary> functions;
  for (const std::string& name : names) {
    const auto function = function_named(name);
    if (!function) return std::nullopt;
    functions.push_back(*function);
  }
  return functions;
}

RecurrentCell cell_of(const Node& node) {
  if (node.is("LSTM")) return RecurrentCell::kLstm;
  if (node.is("RNN")) return RecurrentCell::kRnn;
  return node.get_int("linear_before_reset", 0) != 0 ? RecurrentCell::kGruResetsAfter
                                                     : RecurrentCell::kGru;
}

template <typename T>
const T* input_as(const Operands& operands, std::size_t index) {
  return index < operands.inputs.size() ? static_cast<const T*>(operands.inputs[index]) : nullptr;
}

float* output_or_null(const Operands& operands, std::size_t index) {
  return index < operands.outputs.size() ? static_cast<float*>(operands.outputs[index]) : nullptr;
}

class RecurrentStep final : public Step {
 public:
  RecurrentStep(const Node& node, const RecurrentShape& shape, Lowering& lowering)
      : kernel_(shape, lowering.tiles, lowering.threads),
        steps_(shape.steps),
        batch_(shape.batch),
        described_(node.described()),
        loops_(lowering.loops) {
    const auto packed = [&](std::size_t input, std::size_t floats, auto pack) {
      const Packing packing{
          .layout = concat("recurrent ", input, ' ', static_cast<int>(shape.cell)),
          .floats = floats,
          .pack = [&](const float* weights, Range, float* to) { pack(weights, to); }};
      return lowering.weights.get(node.input(input)->constant(), packing, lowering.pool);
    };
    w_ = packed(kW, kernel_.packed_w_size(),
                [&](const float* w, float* to) { kernel_.pack_w(w, to); });
    r_ = packed(kR, kernel_.packed_r_size(),
                [&](const float* r, float* to) { kernel_.pack_r(r, to); });
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    const auto* lengths = input_as<std::int32_t>(operands, kLengths);
    for (std::int64_t i = 0; lengths != nullptr && i < batch_; ++i) {
      if (lengths[i] >= 0 && lengths[i] <= steps_) continue;
      fail(ErrorCode::kInvalidArgument, described_, ": a sequence of ", lengths[i],
           " steps cannot be in an input of ", steps_);
    }
    kernel_.run(
        {pool, loops_},
        {float_input(operands, kX), input_as<float>(operands, kBias), lengths,
         input_as<float>(operands, kHidden), input_as<float>(operands, kCell),
         input_as<float>(operands, kPeepholes)},
        static_cast<const float*>(w_.raw()), static_cast<const float*>(r_.raw()),
        {output_or_null(operands, 0), output_or_null(operands, 1), output_or_null(operands, 2)},
        operands.scratch);
  }

  std::size_t scratch_bytes() const override { return kernel_.scratch_bytes(); }
  bool reads(std::size_t input) const override { return input != kW && input != kR; }

 private:
  Recurrent kernel_;
  std::int64_t steps_, batch_;
  std::string described_;
  const InnerLoops& loops_;
  Tensor w_, r_;
};

}  // namespace

std::unique_ptr<Step> lower_recurrent(const Node& node, Lowering& lowering) {
  const Value *w = node.input(kW), *r = node.input(kR);
  if (!is_float(node.input(kX)) || !w->is_constant() || !r->is_constant()) {
    return nullptr;
  }
  const std::string direction = node.get_string("direction", "forward");
  const int directions = direction == "bidirectional" ? 2 : 1;
  const auto functions = functions_of(node, directions);
  if (!functions) return nullptr;
  Shape x = shape_of(node.input(kX));
  const bool batch_first = node.get_int("layout", 0) != 0;
  if (batch_first) std::swap(x[0], x[1]);
  return std::make_unique<RecurrentStep>(
      node,
      RecurrentShape{cell_of(node), x[0], x[1], x[2], shape_of(r)[2], directions,
                     direction != "forward", batch_first, node.get_int("input_forget", 0) != 0,
                     node.get_float("clip", 0.0F), *functions},
      lowering);
}

}  // namespace headway::cpu
