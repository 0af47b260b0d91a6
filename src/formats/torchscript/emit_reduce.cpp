#include <numeric>

#include "formats/torchscript/op_map.h"

namespace headway::torchscript {
namespace {

struct Reduction {
  std::vector<std::int64_t> axes;
  bool keeps_axes;
};

/// nullopt if it reduces nothing.
std::optional<Reduction> reduction_of(const Emitter& emitter) {
  const Node& node = emitter.node();
  Reduction reduction{node.get_ints("axes", {}), node.get_int("keepdims", 1) != 0};
  if (emitter.has_input(1)) {
    const auto axes = emitter.constant_ints(1);
    if (!axes) emitter.fail("its axes must be constant");
    reduction.axes = *axes;
  }
  if (!reduction.axes.empty()) return reduction;
  if (node.get_int("noop_with_empty_axes", 0) != 0) return std::nullopt;
  reduction.axes.resize(static_cast<std::size_t>(emitter.rank(0)));
  std::iota(reduction.axes.begin(), reduction.axes.end(), 0);
  return reduction;
}

void emit_reduction(Emitter& emitter, std::string_view function, const std::string& input) {
  const auto reduction = reduction_of(emitter);
  if (!reduction) return emitter.forward_input(0);
  emitter.assign(call(function, {input, list(reduction->axes), truth(reduction->keeps_axes)}));
}

template <const char* function>
void emit_plain(Emitter& emitter) {
  emit_reduction(emitter, function, emitter.tensor(0));
}

void emit_l1(Emitter& emitter) {
  emit_reduction(emitter, "sum", call("abs", {emitter.tensor(0)}));
}

std::string square(Emitter& emitter) {
  return call("mul", {emitter.tensor(0), emitter.tensor(0)});
}

void emit_sum_square(Emitter& emitter) {
  emit_reduction(emitter, "sum", square(emitter));
}

void emit_l2(Emitter& emitter) {
  const auto reduction = reduction_of(emitter);
  if (!reduction) return emitter.assign(call("abs", {emitter.tensor(0)}));
  emitter.assign(
      call("norm", {emitter.tensor(0), "2", list(reduction->axes), truth(reduction->keeps_axes)}));
}

void emit_log_sum_exp(Emitter& emitter) {
  emit_reduction(emitter, "logsumexp", emitter.tensor(0));
}

void emit_log_sum(Emitter& emitter) {
  const auto reduction = reduction_of(emitter);
  if (!reduction) return emitter.assign(call("log", {emitter.tensor(0)}));
  emitter.assign(call("log", {call("sum", {emitter.tensor(0), list(reduction->axes),
                                           truth(reduction->keeps_axes)})}));
}

/// ATen multiplies along one axis at a time.
void emit_prod(Emitter& emitter) {
  auto reduction = reduction_of(emitter);
  if (!reduction) return emitter.forward_input(0);
  if (reduction->axes.size() != 1) emitter.fail("a product over several axes");
  emitter.assign(call("prod", {emitter.tensor(0), std::to_string(reduction->axes[0]),
                               truth(reduction->keeps_axes)}));
}

void emit_arg(Emitter& emitter, std::string_view function) {
  const Node& node = emitter.node();
  if (node.get_int("select_last_index", 0) != 0) emitter.fail("the last of equal elements");
  emitter.assign(call(function, {emitter.tensor(0), std::to_string(node.get_int("axis", 0)),
                                 truth(node.get_int("keepdims", 1) != 0)}));
}
void emit_arg_max(Emitter& emitter) {
  emit_arg(emitter, "argmax");
}
void emit_arg_min(Emitter& emitter) {
  emit_arg(emitter, "argmin");
}

// Template arguments must have linkage.
constexpr char kMean[] = "mean", kSum[] = "sum", kMax[] = "amax", kMin[] = "amin";

constexpr OpMapping kMappings[] = {
    {"ReduceMean", emit_plain<kMean>},
    {"ReduceSum", emit_plain<kSum>},
    {"ReduceMax", emit_plain<kMax>},
    {"ReduceMin", emit_plain<kMin>},
    {"ReduceL1", emit_l1},
    {"ReduceL2", emit_l2},
    {"ReduceSumSquare", emit_sum_square},
    {"ReduceLogSum", emit_log_sum},
    {"ReduceLogSumExp", emit_log_sum_exp},
    {"ReduceProd", emit_prod},
    {"ArgMax", emit_arg_max},
    {"ArgMin", emit_arg_min},
};

}  // namespace

std::span<const OpMapping> reduce_mappings() {
  return kMappings;
}

}  // namespace headway::torchscript
