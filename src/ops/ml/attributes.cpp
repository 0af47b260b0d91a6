#include "ops/ml/attributes.h"

#include <algorithm>
#include <cmath>

#include "ops/rules.h"

namespace headway {

std::vector<std::string> strings_of(const Node& node, std::string_view attribute) {
  const auto found = node.attributes.find(attribute);
  if (found == node.attributes.end()) return {};
  return std::get<std::vector<std::string>>(found->second);
}

Tensor tensor_of(const Node& node, std::string_view attribute) {
  const auto found = node.attributes.find(attribute);
  return found == node.attributes.end() ? Tensor() : aligned(std::get<Tensor>(found->second));
}

std::vector<double> doubles_of(const Node& node, const std::string& attribute) {
  if (const Tensor tensor = tensor_of(node, attribute + "_as_tensor"); tensor.defined())
    return to_doubles(tensor);
  const std::vector<float> floats = node.get_floats(attribute, {});
  return {floats.begin(), floats.end()};
}

PostTransform post_transform_of(const Node& node) {
  const std::string name = node.get_string("post_transform", "NONE");
  if (name == "NONE") return PostTransform::kNone;
  if (name == "SOFTMAX") return PostTransform::kSoftmax;
  if (name == "LOGISTIC") return PostTransform::kLogistic;
  if (name == "SOFTMAX_ZERO") return PostTransform::kSoftmaxZero;
  fail(ErrorCode::kUnsupported, node.described(), ": post_transform ", name, " is not supported");
}

double logistic(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}

void transform_scores(PostTransform transform, std::span<double> scores) {
  if (transform == PostTransform::kNone || scores.empty()) return;
  if (transform == PostTransform::kLogistic) {
    std::ranges::transform(scores, scores.begin(), logistic);
    return;
  }
  // As ONNX Runtime has it, scores of zero take no part in the other softmax.
  const double largest = *std::ranges::max_element(scores);
  double sum = 0.0;
  for (double& score : scores) {
    const bool takes_part = transform == PostTransform::kSoftmax || std::abs(score) > 1e-7;
    score = takes_part ? std::exp(score - largest) : score * std::exp(-largest);
    if (takes_part) sum += score;
  }
  for (double& score : scores) score /= sum;
}

ClassLabels::ClassLabels(const Node& node, const char* integers)
    : integers_(node.get_ints(integers, {})), strings_(strings_of(node, "classlabels_strings")) {
  if (integers_.empty() == strings_.empty()) {
    fail(ErrorCode::kInvalidModel, node.described(), ": it needs either integers or strings as ",
         "labels of its classes");
  }
}

void ClassLabels::write(std::size_t label, Tensor& output, std::int64_t row) const {
  if (strings_.empty()) {
    output.data<std::int64_t>()[row] = integers_[label];
  } else {
    output.data<std::string>()[row] = strings_[label];
  }
}

Samples::Samples(const Tensor& x)
    : rows(x.rank() == 1 ? 1 : x.dim(0)), features(x.shape().back()), values(to_doubles(x)) {}

namespace {

Dim sample_count(const InferContext& context) {
  require_min_rank(context, 0, 1);
  const auto& shape = context.input(0).shape;
  if (!shape) return Dim();
  if (shape->size() > 2)
    context.fail("input 0 is ", context.input(0).to_string(), " but must have rank 1 or 2");
  return shape->size() == 1 ? Dim(1) : shape->front();
}

}  // namespace

void infer_labels(InferContext& context, const ClassLabels& labels) {
  context.set_output(0, {labels.dtype(), SymbolicShape{sample_count(context)}});
}

void infer_scores(InferContext& context, std::size_t output, DType dtype, std::int64_t scores) {
  context.set_output(output, {dtype, SymbolicShape{sample_count(context), Dim(scores)}});
}

}  // namespace headway
