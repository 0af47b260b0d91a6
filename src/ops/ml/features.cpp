#include <algorithm>
#include <cmath>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/map.h"
#include "ops/ml/attributes.h"
#include "ops/rules.h"

namespace headway {
namespace {

/// More than any model has; keeps sums of them from overflowing.
constexpr std::int64_t kMaxFeatures = std::int64_t{1} << 31;

void infer_array_feature_extractor(InferContext& context) {
  require_dtype(context, 1, {DType::kInt64});
  const TensorType& x = context.input(0);
  if (!x.shape) return context.set_output(0, x);
  require_min_rank(context, 0, 1);
  SymbolicShape shape = *x.shape;
  shape.back() = Dim();
  if (const auto indices = context.static_input(1)) shape.back() = Dim(product(*indices));
  if (shape.size() == 1) shape.insert(shape.begin(), Dim(1));
  context.set_output(0, {x.dtype, shape});
}

void run_array_feature_extractor(const Node& node, std::span<const Tensor> inputs,
                                 std::span<Tensor> outputs) {
  const std::vector<std::int64_t> indices = to_ints(inputs[1]);
  const std::int64_t features = inputs[0].shape().back();
  for (const std::int64_t index : indices) {
    if (index < 0 || index >= features)
      fail(ErrorCode::kInvalidModel, node.described(), ": there is no feature ", index);
  }
  const std::int64_t rows = features == 0 ? 0 : inputs[0].size() / features;
  dispatch_size(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = static_cast<const T*>(inputs[0].raw());
    T* y = static_cast<T*>(outputs[0].raw());
    for (std::int64_t row = 0; row < rows; ++row, x += features)
      for (const std::int64_t index : indices) *y++ = x[index];
  });
}

void run_binarizer(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const double threshold = node.get_float("threshold", 0.0f);
  map_numbers(inputs, outputs, [=]<typename T>(T x) -> T {
    return static_cast<T>(static_cast<double>(x) > threshold ? 1 : 0);
  });
}

void infer_float_like(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  context.set_output(0, {DType::kFloat32, context.input(0).shape});
}

/// One parameter for all features, or one for each.
double parameter(const Node& node, std::span<const double> values, std::size_t feature,
                 double otherwise) {
  if (values.empty()) return otherwise;
  if (values.size() == 1) return values[0];
  if (feature >= values.size())
    fail(ErrorCode::kInvalidModel, node.described(), ": it has too few parameters for its input");
  return values[feature];
}

std::size_t feature_count(const Tensor& x) {
  return x.rank() == 0 ? 1 : static_cast<std::size_t>(x.shape().back());
}

/// y = function(x, feature), in float.
template <typename Function>
void map_features(const Tensor& x, Tensor& y, Function&& function) {
  const std::vector<double> values = to_doubles(x);
  const std::size_t features = feature_count(x);
  float* out = y.data<float>();
  for (std::size_t i = 0; i < values.size(); ++i)
    out[i] = static_cast<float>(function(values[i], i % features));
}

void run_scaler(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::vector<double> offset = doubles_of(node, "offset"), scale = doubles_of(node, "scale");
  map_features(inputs[0], outputs[0], [&](double x, std::size_t feature) {
    return (x - parameter(node, offset, feature, 0.0)) * parameter(node, scale, feature, 1.0);
  });
}

void run_normalizer(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::string norm = node.get_string("norm", "MAX");
  const auto length = [&](std::span<const double> row) {
    if (norm == "MAX") return *std::ranges::max_element(row);
    double sum = 0.0;
    for (const double x : row) sum += norm == "L1" ? std::abs(x) : x * x;
    return norm == "L1" ? sum : std::sqrt(sum);
  };
  if (norm != "MAX" && norm != "L1" && norm != "L2")
    fail(ErrorCode::kInvalidModel, node.described(), ": norm is '", norm, "'");
  const std::vector<double> values = to_doubles(inputs[0]);
  const std::size_t features = feature_count(inputs[0]);
  float* y = outputs[0].data<float>();
  for (std::size_t first = 0; first < values.size(); first += features) {
    const std::span<const double> row = std::span(values).subspan(first, features);
    const double divisor = length(row);
    for (const double x : row) *y++ = static_cast<float>(divisor == 0.0 ? x : x / divisor);
  }
}

void run_imputer(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::vector<double> floats = doubles_of(node, "imputed_value_floats");
  const auto integers = node.get_ints("imputed_value_int64s", {});
  const double replaced_float = node.get_float("replaced_value_float", 0.0f);
  const auto replaced_integer = static_cast<double>(node.get_int("replaced_value_int64", 0));
  const std::size_t features = feature_count(inputs[0]);
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const std::span<const T> x = inputs[0].values<T>();
    const std::vector<double> values =
        kIsFloat<T> ? floats : std::vector<double>(integers.begin(), integers.end());
    const double replaced = kIsFloat<T> ? replaced_float : replaced_integer;
    std::vector<T> imputed;
    for (std::size_t feature = 0; feature < std::min(features, x.size()); ++feature)
      imputed.push_back(store<T>(parameter(node, values, feature, 0.0)));
    T* y = outputs[0].data<T>();
    for (std::size_t first = 0; first < x.size(); first += features) {
      for (std::size_t feature = 0; feature < features; ++feature) {
        const T element = x[first + feature];
        const auto value = static_cast<double>(load(element));
        const bool missing = value == replaced || (value != value && replaced != replaced);
        *y++ = missing ? imputed[feature] : element;
      }
    }
  });
}

/// How many columns an input of FeatureVectorizer takes; -1: not known.
std::int64_t width_of(const Node& node, std::size_t input, std::int64_t extent) {
  const auto widths = node.get_ints("inputdimensions", {});
  if (widths.empty()) return extent;
  if (input >= widths.size() || widths[input] < 0 || widths[input] > kMaxFeatures)
    fail(ErrorCode::kInvalidModel, node.described(), ": inputdimensions do not fit its inputs");
  return widths[input];
}

void infer_feature_vectorizer(InferContext& context) {
  Dim rows, columns = Dim(0);
  for (std::size_t i = 0; i < context.input_count(); ++i) {
    require_dtype(context, i, kNumberTypes);
    require_min_rank(context, i, 1);
    const auto& shape = context.input(i).shape;
    if (shape && shape->size() > 2)
      context.fail("input ", i, " is ", context.input(i).to_string(), " but must have rank 1 or 2");
    if (shape && i == 0) rows = shape->size() == 1 ? Dim(1) : shape->front();
    const std::int64_t extent =
        shape && shape->back().is_static() ? shape->back().extent() : std::int64_t{-1};
    const std::int64_t width = width_of(context.node(), i, extent);
    columns = width < 0 || !columns.is_static() ? Dim() : Dim(columns.extent() + width);
  }
  context.set_output(0, {DType::kFloat32, SymbolicShape{rows, columns}});
}

/// Columns side by side: each input's first ones, with zeros where it has fewer.
void run_feature_vectorizer(const Node& node, std::span<const Tensor> inputs,
                            std::span<Tensor> outputs) {
  const std::int64_t rows = outputs[0].dim(0), columns = outputs[0].dim(1);
  std::fill_n(outputs[0].data<float>(), rows * columns, 0.0F);
  std::int64_t first = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Samples samples(inputs[i]);
    if (samples.rows != rows)
      fail(ErrorCode::kInvalidArgument, node.described(), ": its inputs have unequal rows");
    const std::int64_t width = width_of(node, i, samples.features);
    for (std::int64_t row = 0; row < rows; ++row) {
      float* y = outputs[0].data<float>() + row * columns + first;
      for (std::int64_t c = 0; c < std::min(width, samples.features); ++c)
        y[c] = static_cast<float>(samples.row(row)[c]);
    }
    first += width;
  }
}

void infer_one_hot_encoder(InferContext& context) {
  const Node& node = context.node();
  const std::size_t integers = node.get_ints("cats_int64s", {}).size();
  const std::size_t strings = strings_of(node, "cats_strings").size();
  const bool of_strings = context.input(0).dtype == DType::kString;
  const std::size_t categories = of_strings ? strings : integers;
  if (categories == 0 || (of_strings ? integers : strings) != 0)
    context.fail("its categories are not of the dtype of its input");
  TensorType y{DType::kFloat32, context.input(0).shape};
  if (y.shape) y.shape->push_back(Dim(static_cast<std::int64_t>(categories)));
  context.set_output(0, y);
}

void run_one_hot_encoder(const Node& node, std::span<const Tensor> inputs,
                         std::span<Tensor> outputs) {
  const auto integers = node.get_ints("cats_int64s", {});
  const auto strings = strings_of(node, "cats_strings");
  const bool takes_unknown = node.get_int("zeros", 1) != 0;
  float* y = outputs[0].data<float>();
  std::fill_n(y, outputs[0].size(), 0.0f);
  const auto mark = [&](const auto& categories, const auto& x) {
    const auto category = std::ranges::find(categories, x);
    if (category != categories.end()) {
      y[category - categories.begin()] = 1.0f;
    } else if (!takes_unknown) {
      fail(ErrorCode::kInvalidModel, node.described(), ": its input has an unknown category");
    }
    y += categories.size();
  };
  if (inputs[0].dtype() == DType::kString) {
    for (const std::string& x : inputs[0].values<std::string>()) mark(strings, x);
  } else {
    for (const double x : to_doubles(inputs[0])) mark(integers, saturated<std::int64_t>(x));
  }
}

void infer_linear_regressor(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  infer_scores(context, 0, DType::kFloat32, context.node().get_int("targets", 1));
}

/// The scores of each sample: coefficients · x + intercepts, transformed.
template <typename Use>
void score_linearly(const Node& node, const Tensor& x, std::size_t targets, Use&& use) {
  const std::vector<double> coefficients = doubles_of(node, "coefficients");
  const std::vector<double> intercepts = doubles_of(node, "intercepts");
  const Samples samples(x);
  const auto features = static_cast<std::size_t>(samples.features);
  if (features != 0 && coefficients.size() / features < targets)
    fail(ErrorCode::kInvalidModel, node.described(), ": it has too few coefficients for its input");
  for (std::int64_t row = 0; row < samples.rows; ++row) {
    std::vector<double> scores(targets);
    for (std::size_t t = 0; t < targets; ++t) {
      scores[t] = t < intercepts.size() ? intercepts[t] : 0.0;
      for (std::size_t i = 0; i < features; ++i)
        scores[t] += coefficients[t * features + i] * samples.row(row)[i];
    }
    use(row, scores);
  }
}

void run_linear_regressor(const Node& node, std::span<const Tensor> inputs,
                          std::span<Tensor> outputs) {
  const PostTransform transform = post_transform_of(node);
  float* y = outputs[0].data<float>();
  score_linearly(node, inputs[0], static_cast<std::size_t>(outputs[0].shape().back()),
                 [&](std::int64_t, std::vector<double>& scores) {
                   transform_scores(transform, scores);
                   for (const double score : scores) *y++ = static_cast<float>(score);
                 });
}

void infer_linear_classifier(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  const ClassLabels labels(context.node(), "classlabels_ints");
  infer_scores(context, 1, DType::kFloat32, static_cast<std::int64_t>(labels.size()));
  infer_labels(context, labels);
}

void run_linear_classifier(const Node& node, std::span<const Tensor> inputs,
                           std::span<Tensor> outputs) {
  const PostTransform transform = post_transform_of(node);
  const ClassLabels labels(node, "classlabels_ints");
  const auto classes = static_cast<std::int64_t>(labels.size());
  score_linearly(node, inputs[0], labels.size(),
                 [&](std::int64_t row, std::vector<double>& scores) {
                   const auto label = std::ranges::max_element(scores) - scores.begin();
                   if (outputs[0].defined())
                     labels.write(static_cast<std::size_t>(label), outputs[0], row);
                   transform_scores(transform, scores);
                   if (outputs.size() > 1 && outputs[1].defined())
                     std::ranges::copy(scores, outputs[1].data<float>() + row * classes);
                 });
}

}  // namespace

std::vector<Operator> ml_feature_operators() {
  using enum AttributeKind;
  return {
      {"ArrayFeatureExtractor",
       kMlDomain,
       1,
       2,
       2,
       1,
       1,
       {},
       infer_array_feature_extractor,
       run_array_feature_extractor},
      {"Binarizer",
       kMlDomain,
       1,
       1,
       1,
       1,
       1,
       {{"threshold", kFloat}},
       same_as_number_input,
       run_binarizer},
      {"FeatureVectorizer",
       kMlDomain,
       1,
       1,
       Operator::kVariadic,
       1,
       1,
       {{"inputdimensions", kInts}},
       infer_feature_vectorizer,
       run_feature_vectorizer},
      {"Imputer",
       kMlDomain,
       1,
       1,
       1,
       1,
       1,
       {{"imputed_value_floats", kFloats},
        {"imputed_value_int64s", kInts},
        {"replaced_value_float", kFloat},
        {"replaced_value_int64", kInt}},
       same_as_number_input,
       run_imputer},
      {"LinearClassifier",
       kMlDomain,
       1,
       1,
       1,
       1,
       2,
       {{"classlabels_ints", kInts},
        {"classlabels_strings", kStrings},
        {"coefficients", kFloats, true},
        {"intercepts", kFloats},
        {"multi_class", kInt},
        {"post_transform", kString}},
       infer_linear_classifier,
       run_linear_classifier},
      {"LinearRegressor",
       kMlDomain,
       1,
       1,
       1,
       1,
       1,
       {{"coefficients", kFloats},
        {"intercepts", kFloats},
        {"post_transform", kString},
        {"targets", kInt}},
       infer_linear_regressor,
       run_linear_regressor},
      {"Normalizer",
       kMlDomain,
       1,
       1,
       1,
       1,
       1,
       {{"norm", kString}},
       infer_float_like,
       run_normalizer},
      {"OneHotEncoder",
       kMlDomain,
       1,
       1,
       1,
       1,
       1,
       {{"cats_int64s", kInts}, {"cats_strings", kStrings}, {"zeros", kInt}},
       infer_one_hot_encoder,
       run_one_hot_encoder},
      {"Scaler",
       kMlDomain,
       1,
       1,
       1,
       1,
       1,
       {{"offset", kFloats}, {"scale", kFloats}},
       infer_float_like,
       run_scaler},
  };
}

}  // namespace headway
