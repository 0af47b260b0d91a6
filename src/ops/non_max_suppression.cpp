#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"

namespace headway {
namespace {

void infer_non_max_suppression(InferContext& context) {
  require_dtype(context, 0, {DType::kFloat32});
  require_dtype(context, 1, {DType::kFloat32});
  require_rank(context, 0, 3);
  require_rank(context, 1, 3);
  context.set_output(0, {DType::kInt64, SymbolicShape{Dim(), Dim(3)}});
}

struct Box {
  float top, left, bottom, right;

  float area() const { return (bottom - top) * (right - left); }
};

Box box_of(const float* corners, bool is_center) {
  if (is_center) {
    const float x = corners[0], y = corners[1], width = corners[2], height = corners[3];
    return {y - height / 2, x - width / 2, y + height / 2, x + width / 2};
  }
  return {std::min(corners[0], corners[2]), std::min(corners[1], corners[3]),
          std::max(corners[0], corners[2]), std::max(corners[1], corners[3])};
}

/// Intersection over union.
float overlap(const Box& a, const Box& b) {
  const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
  if (height <= 0 || width <= 0) return 0;
  const float common = height * width, whole = a.area() + b.area() - common;
  return whole <= 0 ? 0 : common / whole;
}

struct Limits {
  std::int64_t per_class;
  float overlap, score;
  bool has_score;
};

struct Candidate {
  float score;  ///< Never NaN.
  std::size_t box;
};

/// Of equals, the first box is the best.
bool is_worse(const Candidate& a, const Candidate& b) {
  return a.score < b.score || (a.score == b.score && a.box > b.box);
}

/// The best candidate is the top of a heap: most of them are never asked for.
std::vector<Candidate> heap_of(std::span<const float> scores, const Limits& limits) {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!limits.has_score || scores[i] > limits.score)
      candidates.push_back({std::isnan(scores[i]) ? kLowest : scores[i], i});
  }
  std::ranges::make_heap(candidates, is_worse);
  return candidates;
}

std::vector<std::size_t> select(const std::vector<Box>& boxes, std::span<const float> scores,
                                const Limits& limits) {
  std::vector<std::size_t> selected;
  std::vector<Candidate> candidates = heap_of(scores, limits);
  while (!candidates.empty() && static_cast<std::int64_t>(selected.size()) < limits.per_class) {
    std::ranges::pop_heap(candidates, is_worse);
    const std::size_t best = candidates.back().box;
    candidates.pop_back();
    const bool hidden = std::ranges::any_of(
        selected, [&](std::size_t s) { return overlap(boxes[best], boxes[s]) > limits.overlap; });
    if (!hidden) selected.push_back(best);
  }
  return selected;
}

std::vector<Datum> evaluate_non_max_suppression(const Node& node, std::span<const Datum> inputs,
                                                EvaluateContext&) {
  const Tensor boxes = aligned(inputs[0].tensor()), scores = aligned(inputs[1].tensor());
  if (boxes.rank() != 3 || scores.rank() != 3 || boxes.dim(2) != 4 ||
      boxes.dim(1) != scores.dim(2) || boxes.dim(0) != scores.dim(0)) {
    fail(ErrorCode::kInvalidArgument, node.described(), ": boxes of shape ",
         to_string(boxes.shape()), " do not fit scores of shape ", to_string(scores.shape()));
  }
  const auto is_given = [&](std::size_t index) {
    return index < inputs.size() && !inputs[index].is_nothing();
  };
  const auto number = [&](std::size_t index) {
    return is_given(index) ? static_cast<float>(scalar_or(inputs[index].tensor(), 0.0)) : 0.0f;
  };
  const std::vector<std::int64_t> most = is_given(2) ? to_ints(inputs[2].tensor()) : Shape{};
  const Limits limits = {most.empty() ? 0 : most[0], number(3), number(4), is_given(4)};
  const bool is_center = node.get_int("center_point_box", 0) != 0;
  const std::int64_t count = boxes.dim(1), classes = scores.dim(1);
  std::vector<std::int64_t> result;
  for (std::int64_t batch = 0; batch < boxes.dim(0); ++batch) {
    std::vector<Box> candidates;
    for (std::int64_t i = 0; i < count; ++i)
      candidates.push_back(box_of(boxes.data<float>() + (batch * count + i) * 4, is_center));
    for (std::int64_t c = 0; c < classes; ++c) {
      const std::span own(scores.data<float>() + (batch * classes + c) * count,
                          static_cast<std::size_t>(count));
      for (const std::size_t i : select(candidates, own, limits))
        result.insert(result.end(), {batch, c, static_cast<std::int64_t>(i)});
    }
  }
  const auto rows = static_cast<std::int64_t>(result.size() / 3);
  return {Tensor::from<std::int64_t>({rows, 3}, result)};
}

}  // namespace

std::vector<Operator> non_max_suppression_operators() {
  return {{"NonMaxSuppression",
           "",
           11,
           2,
           5,
           1,
           1,
           {{"center_point_box", AttributeKind::kInt}},
           infer_non_max_suppression,
           nullptr,
           evaluate_non_max_suppression}};
}

}  // namespace headway
