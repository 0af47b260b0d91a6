#include <algorithm>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "base/error.h"
#include "kernels/threshold.h"

namespace headway::cpu {
namespace {

/// Pairs of elements of each head rotated as complex numbers: J. Su et al., "RoFormer", 2021,
/// equation 34.
class RotaryEmbeddingStep final : public Step {
 public:
  RotaryEmbeddingStep(const Node& node, const Lowering& lowering)
      : interleaved_(node.get_int("interleaved", 0) != 0),
        described_(node.described()),
        loops_(lowering.loops) {
    const Shape x = shape_of(node.input(0));
    packed_ = x.size() == 3;
    batch_ = x[0];
    heads_ = packed_ ? node.get_int("num_heads", 1) : x[1];
    tokens_ = packed_ ? x[1] : x[2];
    size_ = packed_ ? x[2] / heads_ : x[3];
    half_ = shape_of(node.input(1)).back();
    angles_ = num_elements(shape_of(node.input(1))) / half_;
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    const auto* positions =
        operands.inputs.size() > 3 ? static_cast<const std::int64_t*>(operands.inputs[3]) : nullptr;
    for (std::int64_t i = 0; positions != nullptr && i < batch_ * tokens_; ++i) {
      if (positions[i] >= 0 && positions[i] < angles_) continue;
      fail(ErrorCode::kInvalidArgument, described_, ": position ", positions[i],
           " is out of range for caches of ", angles_);
    }
    for_tasks({pool, loops_}, batch_ * heads_ * tokens_, size_,
              [&](std::int64_t row, std::int64_t last, int) {
                for (; row < last; ++row) {
                  const std::int64_t image = row / (heads_ * tokens_);
                  const std::int64_t token = packed_ ? row / heads_ % tokens_ : row % tokens_;
                  const std::int64_t at = image * tokens_ + token;
                  const std::int64_t angle = (positions ? positions[at] : at) * half_;
                  rotate(float_input(operands, 0) + row * size_, float_input(operands, 1) + angle,
                         float_input(operands, 2) + angle, float_output(operands) + row * size_);
                }
              });
  }

 private:
  void rotate(const float* x, const float* cosine, const float* sine, float* y) const {
    if (interleaved_) {
      for (std::int64_t i = 0; i < half_; ++i) {
        const float a = x[2 * i], b = x[2 * i + 1];
        y[2 * i] = cosine[i] * a - sine[i] * b;
        y[2 * i + 1] = sine[i] * a + cosine[i] * b;
      }
    } else {
      for (std::int64_t i = 0; i < half_; ++i) {
        const float a = x[i], b = x[i + half_];
        y[i] = cosine[i] * a - sine[i] * b;
        y[i + half_] = sine[i] * a + cosine[i] * b;
      }
    }
    std::copy(x + 2 * half_, x + size_, y + 2 * half_);
  }

  bool interleaved_, packed_;
  std::int64_t batch_, heads_, tokens_, size_, half_, angles_;
  std::string described_;
  const InnerLoops& loops_;
};

}  // namespace

std::unique_ptr<Step> lower_rotary_embedding(const Node& node, Lowering& lowering) {
  for (std::size_t i = 0; i < 3; ++i) {
    if (!is_float(node.input(i))) return nullptr;
  }
  const Shape x = shape_of(node.input(0)), cosines = shape_of(node.input(1));
  const std::int64_t size = x.size() == 3 ? x[2] / node.get_int("num_heads", 1) : x[3];
  const std::int64_t tokens = x[0] * (x.size() == 3 ? x[1] : x[2]);
  std::int64_t rotated = node.get_int("rotary_embedding_dim", 0);
  if (rotated == 0) rotated = size;
  const bool by_position = node.input(3) != nullptr;
  if (rotated < 2 || rotated > size || rotated % 2 != 0 || cosines.back() != rotated / 2 ||
      (by_position && num_elements(shape_of(node.input(3))) != tokens) ||
      (!by_position && num_elements(cosines) < tokens * rotated / 2)) {
    return nullptr;
  }
  return std::make_unique<RotaryEmbeddingStep>(node, lowering);
}

}  // namespace headway::cpu
