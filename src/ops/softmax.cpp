#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"

namespace headway {
namespace {

void infer_softmax(InferContext& context) {
  const TensorType& x = context.input(0);
  if (x.shape) resolve_axis(context.node(), context.node().get_int("axis", -1), x.shape->size());
  same_as_float_input(context);
}

/// Calls line(x, y, extent, stride) for every line of elements along the node's axis.
template <typename T, typename Line>
void for_each_line(const Node& node, const Tensor& input, Tensor& output, Line&& line) {
  const std::size_t axis = resolve_axis(node, node.get_int("axis", -1), input.rank());
  const std::int64_t outer = product(std::span(input.shape()).first(axis));
  const std::int64_t extent = input.dim(axis);
  const std::int64_t inner = product(std::span(input.shape()).subspan(axis + 1));
  for (std::int64_t i = 0; i < outer; ++i) {
    for (std::int64_t j = 0; j < inner; ++j) {
      const std::int64_t first = i * extent * inner + j;
      line(input.data<T>() + first, output.data<T>() + first, extent, inner);
    }
  }
}

/// exp(x - largest) cannot overflow; the logarithm is taken before anything can underflow.
template <bool logarithm>
void run_softmax(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    for_each_line<T>(
        node, inputs[0], outputs[0],
        [](const T* x, T* y, std::int64_t extent, std::int64_t stride) {
          if (extent == 0) return;
          double largest = load(x[0]), sum = 0.0;
          for (std::int64_t i = 1; i < extent; ++i) {
            largest = std::max(largest, load(x[i * stride]));
          }
          for (std::int64_t i = 0; i < extent; ++i) sum += std::exp(load(x[i * stride]) - largest);
          for (std::int64_t i = 0; i < extent; ++i) {
            const double shifted = load(x[i * stride]) - largest;
            y[i * stride] = store<T>(logarithm ? shifted - std::log(sum) : std::exp(shifted) / sum);
          }
        });
  });
}

void run_hardmax(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    for_each_line<T>(node, inputs[0], outputs[0],
                     [](const T* x, T* y, std::int64_t extent, std::int64_t stride) {
                       std::int64_t best = 0;
                       for (std::int64_t i = 1; i < extent; ++i) {
                         if (load(x[i * stride]) > load(x[best * stride])) best = i;
                       }
                       for (std::int64_t i = 0; i < extent; ++i)
                         y[i * stride] = store<T>(i == best ? 1.0 : 0.0);
                     });
  });
}

}  // namespace

std::vector<Operator> softmax_operators() {
  const std::vector<AttributeSpec> axis = {{"axis", AttributeKind::kInt}};
  return {
      {"Hardmax", "", 13, 1, 1, 1, 1, axis, infer_softmax, run_hardmax},
      {"LogSoftmax", "", 13, 1, 1, 1, 1, axis, infer_softmax, run_softmax<true>},
      {"Softmax", "", 13, 1, 1, 1, 1, axis, infer_softmax, run_softmax<false>},
  };
}

}  // namespace headway
