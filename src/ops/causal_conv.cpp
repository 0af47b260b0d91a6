#include "ops/activation.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"

namespace headway {
namespace {

Activation activation_of(const Node& node) {
  const std::string name = node.get_string("activation", "none");
  Activation activation;
  if (name == "silu" || name == "swish") {
    activation.kind = ActivationKind::kSilu;
  } else if (name != "none") {
    fail(ErrorCode::kInvalidModel, node.described(), ": activation is '", name,
         "' but must be none, silu or swish");
  }
  return activation;
}

void infer_causal_conv(InferContext& context) {
  activation_of(context.node());
  require_dtype(context, 0, kFloatTypes);
  require_same_dtypes(context);
  require_rank(context, 0, 3);
  require_rank(context, 1, 3);
  const TensorType& x = context.input(0);
  const TensorType& weight = context.input(1);
  const Dim channels = x.shape ? (*x.shape)[1] : Dim();
  require_vector(context, 2, channels);
  SymbolicShape state(3);
  if (x.shape) state = {(*x.shape)[0], channels, Dim()};
  if (weight.shape) {
    const Dim &rows = (*weight.shape)[0], &depth = (*weight.shape)[1], &taps = (*weight.shape)[2];
    const bool misfit = rows.is_static() && channels.is_static() && rows != channels;
    if (misfit || (depth.is_static() && depth != Dim(1)) || taps == Dim(0)) {
      context.fail("the weights ", weight.to_string(), " must be [channels, 1, k]");
    }
    if (taps.is_static()) state[2] = Dim(taps.extent() - 1);
  }
  if (context.has_input(3)) {
    require_rank(context, 3, 3);
    const std::optional<Shape> past = context.static_input(3), wanted = to_static(state);
    if (past && wanted && *past != *wanted) {
      context.fail("past_state is ", context.input(3).to_string(), " but must be ",
                   to_string(*wanted));
    }
  }
  same_as_input(context);
  context.set_output(1, {x.dtype, state});
}

/// Every channel is convolved with its own kernel over the past state followed by the input.
void run_causal_conv(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Activation activation = activation_of(node);
  const std::int64_t channels = inputs[0].dim(1), length = inputs[0].dim(2);
  const std::int64_t taps = inputs[1].dim(2), past = taps - 1;
  const bool has_bias = inputs.size() > 2 && inputs[2].defined();
  const bool has_past = inputs.size() > 3 && inputs[3].defined();
  const bool keeps_state = outputs.size() > 1 && outputs[1].defined();
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    std::vector<T> line(static_cast<std::size_t>(past + length));
    for (std::int64_t i = 0; i < inputs[0].dim(0) * channels; ++i) {
      const std::int64_t channel = i % channels;
      std::fill_n(line.begin(), past, T{});
      if (has_past) std::copy_n(inputs[3].data<T>() + i * past, past, line.begin());
      std::copy_n(inputs[0].data<T>() + i * length, length, line.begin() + past);
      const T* weight = inputs[1].data<T>() + channel * taps;
      const double bias = has_bias ? static_cast<double>(load(inputs[2].data<T>()[channel])) : 0.0;
      T* y = outputs[0].data<T>() + i * length;
      for (std::int64_t t = 0; t < length; ++t) {
        double sum = bias;
        for (std::int64_t tap = 0; tap < taps; ++tap) {
          sum += load(line[static_cast<std::size_t>(t + tap)]) * load(weight[tap]);
        }
        y[t] = store<T>(activation(load(store<T>(sum))));
      }
      if (keeps_state) std::copy_n(line.end() - past, past, outputs[1].data<T>() + i * past);
    }
  });
}

}  // namespace

std::vector<Operator> causal_conv_operators() {
  return {{"CausalConvWithState",
           "",
           27,
           2,
           4,
           1,
           2,
           {{"activation", AttributeKind::kString}},
           infer_causal_conv,
           run_causal_conv}};
}

}  // namespace headway
