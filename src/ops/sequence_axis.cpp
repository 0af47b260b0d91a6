#include "ops/elements.h"
#include "ops/families.h"
#include "ops/lines.h"
#include "ops/rules.h"
#include "tensor/copy.h"

namespace headway {
namespace {

struct SequenceAxes {
  std::size_t time, batch;
};

SequenceAxes sequence_axes(const Node& node) {
  const std::int64_t time = node.get_int("time_axis", 0), batch = node.get_int("batch_axis", 1);
  if (time < 0 || time > 1 || batch != 1 - time) {
    fail(ErrorCode::kInvalidModel, node.described(), ": time_axis ", time, " and batch_axis ",
         batch, " must be 0 and 1 or 1 and 0");
  }
  return {static_cast<std::size_t>(time), static_cast<std::size_t>(batch)};
}

void infer_reverse_sequence(InferContext& context) {
  const SequenceAxes axes = sequence_axes(context.node());
  require_dtype(context, 1, {DType::kInt64});
  require_min_rank(context, 0, 2);
  const TensorType& x = context.input(0);
  require_vector(context, 1, x.shape ? (*x.shape)[axes.batch] : Dim());
  same_as_input(context);
}

void run_reverse_sequence(const Node& node, std::span<const Tensor> inputs,
                          std::span<Tensor> outputs) {
  const SequenceAxes axes = sequence_axes(node);
  const Tensor& x = inputs[0];
  const std::vector<std::int64_t> lengths = to_ints(inputs[1]);
  const std::int64_t times = x.dim(axes.time), batch = x.dim(axes.batch);
  const std::int64_t row = product(std::span(x.shape()).subspan(2));
  const auto row_of = [&](std::int64_t time, std::int64_t image) {
    return (axes.time == 0 ? time * batch + image : image * times + time) * row;
  };
  for (std::int64_t image = 0; image < batch; ++image) {
    const std::int64_t length = lengths[static_cast<std::size_t>(image)];
    if (length < 0 || length > times) {
      fail(ErrorCode::kInvalidArgument, node.described(), ": sequence ", image, " has length ",
           length, " but the time axis has ", times, " steps");
    }
    for (std::int64_t time = 0; time < times; ++time) {
      const std::int64_t from = time < length ? length - 1 - time : time;
      copy_elements(x, row_of(from, image), outputs[0], row_of(time, image), row);
    }
  }
}

bool is_circular(const Node& node) {
  const std::string mode = node.get_string("mode", "linear");
  if (mode != "linear" && mode != "circular") {
    fail(ErrorCode::kInvalidModel, node.described(), ": mode is '", mode,
         "' but must be linear or circular");
  }
  return mode == "circular";
}

void infer_tensor_scatter(InferContext& context) {
  is_circular(context.node());
  const TensorType& cache = context.input(0);
  const TensorType& update = context.input(1);
  if (update.dtype != cache.dtype) context.fail("its cache and update have different dtypes");
  require_min_rank(context, 0, 2);
  if (context.has_input(2)) {
    require_dtype(context, 2, {DType::kInt64});
    require_vector(context, 2, cache.shape ? cache.shape->front() : Dim());
  }
  if (cache.shape && update.shape) {
    require_rank(context, 1, cache.shape->size());
    const std::size_t axis =
        resolve_axis(context.node(), context.node().get_int("axis", -2), cache.shape->size());
    if (axis == 0) context.fail("axis must not be the batch axis");
    for (std::size_t i = 0; i < cache.shape->size(); ++i) {
      const Dim &wanted = (*cache.shape)[i], &found = (*update.shape)[i];
      if (!wanted.is_static() || !found.is_static() || wanted == found) continue;
      if (i != axis || found.extent() > wanted.extent()) {
        context.fail("the update ", update.to_string(), " does not fit the cache ",
                     cache.to_string());
      }
    }
  }
  same_as_input(context);
}

void run_tensor_scatter(const Node& node, std::span<const Tensor> inputs,
                        std::span<Tensor> outputs) {
  const Tensor &cache = inputs[0], &update = inputs[1];
  if (cache.size() == 0) return;
  copy_elements(cache, outputs[0]);
  const bool circular = is_circular(node);
  const std::size_t axis = resolve_axis(node, node.get_int("axis", -2), cache.rank());
  std::vector<std::int64_t> starts(static_cast<std::size_t>(cache.dim(0)), 0);
  if (inputs.size() > 2 && inputs[2].defined()) starts = to_ints(inputs[2]);
  const std::int64_t length = cache.dim(axis), count = update.dim(axis);
  const std::int64_t outer = product(std::span(cache.shape()).first(axis));
  const std::int64_t row = Lines(cache.shape(), axis).inner;
  for (std::int64_t i = 0; i < outer; ++i) {
    const std::int64_t start = starts[static_cast<std::size_t>(i / (outer / cache.dim(0)))];
    if (start < 0 || (!circular && start + count > length)) {
      fail(ErrorCode::kInvalidArgument, node.described(), ": ", count, " elements from index ",
           start, " on do not fit into a cache of ", length);
    }
    for (std::int64_t j = 0; j < count; ++j) {
      const std::int64_t target = (i * length + (start + j) % length) * row;
      copy_elements(update, (i * count + j) * row, outputs[0], target, row);
    }
  }
}

}  // namespace

std::vector<Operator> sequence_axis_operators() {
  return {
      {"ReverseSequence",
       "",
       10,
       2,
       2,
       1,
       1,
       {{"batch_axis", AttributeKind::kInt}, {"time_axis", AttributeKind::kInt}},
       infer_reverse_sequence,
       run_reverse_sequence},
      {"TensorScatter",
       "",
       24,
       2,
       3,
       1,
       1,
       {{"axis", AttributeKind::kInt}, {"mode", AttributeKind::kString}},
       infer_tensor_scatter,
       run_tensor_scatter},
  };
}

}  // namespace headway
