#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"

namespace headway::opencl {
namespace {

/// How an input of RotaryEmbedding is laid out.
struct Heads {
  bool packed;  ///< [batch, tokens, heads, size] rather than [batch, heads, tokens, size].
  std::int64_t batch, heads, tokens, size;

  explicit Heads(const Node& node) {
    const Shape x = shape_of(node.input(0));
    packed = x.size() == 3;
    batch = x[0];
    heads = packed ? node.get_int("num_heads", 1) : x[1];
    tokens = packed ? x[1] : x[2];
    size = packed ? x[2] / heads : x[3];
  }
};

class RotaryEmbeddingStep final : public Step {
 public:
  RotaryEmbeddingStep(const Node& node, const Heads& heads)
      : count_(elements_of(node.output())),
        heads_(static_cast<cl_int>(heads.heads)),
        tokens_(static_cast<cl_int>(heads.tokens)),
        size_(static_cast<cl_int>(heads.size)),
        half_(static_cast<cl_int>(shape_of(node.input(1)).back())),
        angles_(elements_of(node.input(1)) / half_),
        packed_(heads.packed ? 1 : 0),
        interleaved_(node.get_int("interleaved", 0) != 0 ? 1 : 0) {}

  void record(Commands& commands, const Operands& operands) const override {
    const auto inputs = operands.inputs;
    const Buffer positions = inputs.size() > 3 ? inputs[3] : nullptr;
    commands.launch({"rotary_embedding.cl", "rotary_embedding"}, work_for(count_), inputs[0],
                    inputs[1], inputs[2], positions, operands.outputs[0], count_, heads_, tokens_,
                    size_, half_, angles_, packed_, interleaved_);
  }

 private:
  cl_int count_, heads_, tokens_, size_, half_, angles_, packed_, interleaved_;
};

}  // namespace

std::unique_ptr<Step> lower_rotary_embedding(const Node& node, Lowering&) {
  for (std::size_t i = 0; i < 3; ++i) {
    if (!is_float(node.input(i))) return nullptr;
  }
  const Heads heads(node);
  const Shape cosines = shape_of(node.input(1));
  const std::int64_t tokens = heads.batch * heads.tokens;
  std::int64_t rotated = node.get_int("rotary_embedding_dim", 0);
  if (rotated == 0) rotated = heads.size;
  const bool by_position = node.input(3) != nullptr;
  if (rotated < 2 || rotated > heads.size || rotated % 2 != 0 || cosines.back() != rotated / 2 ||
      (by_position && num_elements(shape_of(node.input(3))) != tokens) ||
      (!by_position && num_elements(cosines) < tokens * rotated / 2)) {
    return nullptr;
  }
  return std::make_unique<RotaryEmbeddingStep>(node, heads);
}

}  // namespace headway::opencl
