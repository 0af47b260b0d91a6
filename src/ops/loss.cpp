#include <algorithm>

#include "ops/dims.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/lines.h"
#include "ops/rules.h"

namespace headway {
namespace {

enum class Reduction { kNone, kMean, kSum };

Reduction reduction_of(const Node& node) {
  const std::string reduction = node.get_string("reduction", "mean");
  if (reduction == "none") return Reduction::kNone;
  if (reduction == "mean") return Reduction::kMean;
  if (reduction == "sum") return Reduction::kSum;
  fail(ErrorCode::kInvalidModel, node.described(), ": reduction is '", reduction,
       "' but must be none, mean or sum");
}

void infer_loss(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_dtype(context, 1, kIndexTypes);
  require_min_rank(context, 0, 2);
  const TensorType& x = context.input(0);
  if (context.has_input(2) && context.input(2).dtype != x.dtype) {
    context.fail("its weights must have the dtype of its input 0, ", name_of(x.dtype));
  }
  require_vector(context, 2, x.shape ? (*x.shape)[1] : Dim());
  std::optional<SymbolicShape> labels = context.input(1).shape;
  if (x.shape) {
    SymbolicShape wanted = *x.shape;
    wanted.erase(wanted.begin() + 1);
    const auto may_be_equal = [](const Dim& a, const Dim& b) { return unify(a, b).has_value(); };
    if (labels && !std::ranges::equal(*labels, wanted, may_be_equal)) {
      context.fail("labels of type ", context.input(1).to_string(), " do not fit ", x.to_string());
    }
    labels = std::move(wanted);
  }
  if (reduction_of(context.node()) != Reduction::kNone) labels = SymbolicShape();
  context.set_output(0, {x.dtype, std::move(labels)});
  context.set_output(1, x);
}

/// -weight · log_prob[label] of every label; those to be ignored cost and weigh nothing.
struct Losses {
  std::vector<double> each;
  double sum = 0.0, weight = 0.0;
};

Losses losses_of(const Node& node, std::span<const Tensor> inputs,
                 const std::vector<double>& log_prob) {
  const Lines lines(inputs[0].shape(), 1);
  const std::vector<std::int64_t> labels = to_ints(inputs[1]);
  std::vector<double> weights(static_cast<std::size_t>(lines.extent), 1.0);
  if (inputs.size() > 2 && inputs[2].defined()) weights = to_doubles(inputs[2]);
  const bool ignores = node.has("ignore_index");
  const std::int64_t ignored = node.get_int("ignore_index", 0);
  Losses result;
  for (std::int64_t line = 0; line < lines.count(); ++line) {
    const std::int64_t label = labels[static_cast<std::size_t>(line)];
    if (ignores && label == ignored) {
      result.each.push_back(0.0);
      continue;
    }
    if (label < 0 || label >= lines.extent) {
      fail(ErrorCode::kInvalidArgument, node.described(), ": label ", label, " is none of the ",
           lines.extent, " classes");
    }
    const double weight = weights[static_cast<std::size_t>(label)];
    const auto at = static_cast<std::size_t>(lines.first(line, lines.extent) + label * lines.inner);
    result.each.push_back(-weight * log_prob[at]);
    result.sum += result.each.back();
    result.weight += weight;
  }
  return result;
}

void store_losses(const Node& node, const Losses& losses, Tensor& output) {
  const Reduction reduction = reduction_of(node);
  dispatch_floats(output.dtype(), [&]<typename T>(std::type_identity<T>) {
    T* y = output.data<T>();
    if (reduction == Reduction::kNone) {
      for (const double loss : losses.each) *y++ = store<T>(loss);
    } else {
      const bool mean = reduction == Reduction::kMean;
      *y = store<T>(mean ? losses.sum / losses.weight : losses.sum);
    }
  });
}

void run_negative_log_likelihood(const Node& node, std::span<const Tensor> inputs,
                                 std::span<Tensor> outputs) {
  store_losses(node, losses_of(node, inputs, to_doubles(inputs[0])), outputs[0]);
}

void log_softmax(const Shape& shape, std::vector<double>& x) {
  const Lines lines(shape, 1);
  for (std::int64_t line = 0; line < lines.count(); ++line) {
    double* first = x.data() + lines.first(line, lines.extent);
    double largest = -std::numeric_limits<double>::infinity(), sum = 0.0;
    for (std::int64_t i = 0; i < lines.extent; ++i) {
      largest = std::max(largest, first[i * lines.inner]);
    }
    for (std::int64_t i = 0; i < lines.extent; ++i) {
      sum += std::exp(first[i * lines.inner] - largest);
    }
    const double shift = largest + std::log(sum);
    for (std::int64_t i = 0; i < lines.extent; ++i) first[i * lines.inner] -= shift;
  }
}

void run_softmax_cross_entropy(const Node& node, std::span<const Tensor> inputs,
                               std::span<Tensor> outputs) {
  std::vector<double> log_prob = to_doubles(inputs[0]);
  log_softmax(inputs[0].shape(), log_prob);
  store_losses(node, losses_of(node, inputs, log_prob), outputs[0]);
  if (outputs.size() < 2 || !outputs[1].defined()) return;
  dispatch_floats(outputs[1].dtype(), [&]<typename T>(std::type_identity<T>) {
    T* y = outputs[1].data<T>();
    for (const double value : log_prob) *y++ = store<T>(value);
  });
}

}  // namespace

std::vector<Operator> loss_operators() {
  const std::vector<AttributeSpec> attributes = {{"ignore_index", AttributeKind::kInt},
                                                 {"reduction", AttributeKind::kString}};
  return {
      {"NegativeLogLikelihoodLoss", "", 13, 2, 3, 1, 1, attributes, infer_loss,
       run_negative_log_likelihood},
      {"SoftmaxCrossEntropyLoss", "", 13, 2, 3, 1, 2, attributes, infer_loss,
       run_softmax_cross_entropy},
  };
}

}  // namespace headway
