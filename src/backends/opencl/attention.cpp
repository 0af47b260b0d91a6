#include "ops/attention.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "base/error.h"

namespace headway::opencl {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kLeastValues = 4;  ///< Of an item; fewer are not worth another program.
constexpr std::size_t kMostValues = 32;  ///< More would leave the registers.

/// attention.cl has the same structures.
struct Place {
  cl_int offset, batch, head, token, element;
};
struct AttentionArguments {
  cl_int queries, keys, head_size, value_size;
  Place q, k, v, mask, y;
  cl_float scale;
};

Place place_of(const AttentionStrides& s) {
  const auto narrow = [](std::int64_t stride) { return static_cast<cl_int>(stride); };
  return {narrow(s.offset), narrow(s.batch), narrow(s.head), narrow(s.token), narrow(s.element)};
}

/// How much a work-group does at a time.
struct Blocks {
  std::size_t queries, keys;  ///< Of an item, of which there are 16 along each.
  std::size_t values;

  std::size_t groups(const AttentionLayout& a) const {
    const auto count = static_cast<std::size_t>(a.queries);
    return (count + kLanes * queries - 1) / (kLanes * queries);
  }
  std::size_t pitch(const AttentionLayout& a) const {
    return std::max(static_cast<std::size_t>(a.head_size), kLanes * values) + 1;
  }
  LocalMemory query_memory(const AttentionLayout& a) const {
    return {kLanes * queries * static_cast<std::size_t>(a.head_size + 1) * sizeof(float)};
  }
  LocalMemory row_memory(const AttentionLayout& a) const {
    return {kLanes * keys * pitch(a) * sizeof(float)};
  }
  LocalMemory score_memory() const {
    return {kLanes * queries * (kLanes * keys + 1) * sizeof(float)};
  }
};

/// The largest blocks that fit local memory and leave no unit of the device idle.
std::optional<Blocks> choose_blocks(const AttentionLayout& a, const Device& device) {
  const std::size_t values = std::max(
      std::bit_ceil((static_cast<std::size_t>(a.value_size) + kLanes - 1) / kLanes), kLeastValues);
  if (values > kMostValues) return std::nullopt;
  const auto heads = static_cast<std::size_t>(a.batch * a.heads);
  for (const auto& [queries, keys] : {std::array<std::size_t, 2>{2, 2}, {1, 1}}) {
    const Blocks blocks{queries, keys, values};
    const std::size_t bytes =
        blocks.query_memory(a).bytes + blocks.row_memory(a).bytes + blocks.score_memory().bytes;
    const bool is_busy = queries == 1 || blocks.groups(a) * heads >= 2 * device.compute_units;
    if (bytes <= device.local_bytes && is_busy) return blocks;
  }
  return std::nullopt;
}

class AttentionStep final : public Step {
 public:
  AttentionStep(const Node& node, const AttentionLayout& layout, const Blocks& blocks)
      : layout_(layout), blocks_(blocks) {
    elements_of(node.output());
    for (const Value* input : node.inputs()) {
      if (input != nullptr) elements_of(input);
    }
  }

  void record(Commands& commands, const Operands& operands) const override {
    const AttentionLayout& a = layout_;
    const auto narrow = [](std::int64_t extent) { return static_cast<cl_int>(extent); };
    const AttentionArguments arguments{
        narrow(a.queries), narrow(a.keys), narrow(a.head_size), narrow(a.value_size), place_of(a.q),
        place_of(a.k),     place_of(a.v),  place_of(a.mask),    place_of(a.y),        a.scale};
    const WorkSize size{{blocks_.groups(a) * kLanes, static_cast<std::size_t>(a.heads) * kLanes,
                         static_cast<std::size_t>(a.batch)},
                        {kLanes, kLanes, 1}};
    const std::string options = concat("-DQUERIES=", blocks_.queries, " -DKEYS=", blocks_.keys,
                                       " -DVALUES=", blocks_.values);
    const Buffer mask = operands.inputs.size() > 3 ? operands.inputs[3] : nullptr;
    commands.launch({"attention.cl", "attention", options}, size, arguments, operands.inputs[0],
                    operands.inputs[1], operands.inputs[2], mask, operands.outputs[0],
                    static_cast<cl_int>(blocks_.pitch(a)), blocks_.query_memory(a),
                    blocks_.row_memory(a), blocks_.score_memory());
  }
  std::string algorithm() const override { return "online softmax"; }

 private:
  AttentionLayout layout_;
  Blocks blocks_;
};

}  // namespace

std::unique_ptr<Step> lower_attention(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0))) return nullptr;
  const AttentionLayout layout = attention_layout(node);
  const auto blocks = choose_blocks(layout, lowering.context.device());
  return blocks ? std::make_unique<AttentionStep>(node, layout, *blocks) : nullptr;
}

}  // namespace headway::opencl
