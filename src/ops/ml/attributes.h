#pragma once

#include <string>
#include <vector>

#include "ops/elements.h"
#include "ops/operator.h"

namespace headway {

inline constexpr std::string_view kMlDomain = "ai.onnx.ml";

/// Empty if absent.
std::vector<std::string> strings_of(const Node& node, std::string_view attribute);
/// An undefined Tensor if absent.
Tensor tensor_of(const Node& node, std::string_view attribute);
/// The floats of `attribute`, or of a tensor called attribute_as_tensor.
std::vector<double> doubles_of(const Node& node, const std::string& attribute);

/// What turns the scores of one sample into those that are returned.
enum class PostTransform { kNone, kSoftmax, kLogistic, kSoftmaxZero };

/// Reads the attribute post_transform. Throws Error(kUnsupported) if it is another.
PostTransform post_transform_of(const Node& node);
void transform_scores(PostTransform transform, std::span<double> scores);
double logistic(double x);

/// The labels of a classifier: integers or strings.
class ClassLabels {
 public:
  /// Throws Error(kInvalidModel) if the node has neither or both.
  explicit ClassLabels(const Node& node, const char* integers);

  std::size_t size() const { return std::max(integers_.size(), strings_.size()); }
  DType dtype() const { return strings_.empty() ? DType::kInt64 : DType::kString; }
  void write(std::size_t label, Tensor& output, std::int64_t row) const;

 private:
  std::vector<std::int64_t> integers_;
  std::vector<std::string> strings_;
};

/// The rows of a classifier's or regressor's input [samples, features] (or [features]) as doubles.
struct Samples {
  std::int64_t rows, features;
  std::vector<double> values;

  explicit Samples(const Tensor& x);
  const double* row(std::int64_t index) const { return values.data() + index * features; }
};

/// Output 0 of a classifier: [samples].
void infer_labels(InferContext& context, const ClassLabels& labels);
/// [samples, scores].
void infer_scores(InferContext& context, std::size_t output, DType dtype, std::int64_t scores);

}  // namespace headway
