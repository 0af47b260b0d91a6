#include "ops/select_channels.h"

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/fused.h"
#include "ops/rules.h"

namespace headway {
namespace {

std::int64_t blocks_of(std::int64_t channels, std::int64_t block) {
  return (channels - 1) / block + 1;
}

void require_alike(const InferContext& context, std::size_t index, const SymbolicShape& shape) {
  const SymbolicShape& first = *context.input(0).shape;
  for (const std::size_t axis : {0, 2, 3, 4}) {
    if (shape[axis].is_static() && first[axis].is_static() && !shape[axis].same_as(first[axis])) {
      context.fail("input ", index, " is ", context.input(index).to_string(), ", but input 0 is ",
                   context.input(0).to_string(), "; they may differ in axis 1 only");
    }
  }
}

void infer_select(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_same_dtypes(context);
  const std::vector<ChannelSource> selected = selected_channels(context.node());
  const std::vector<std::int64_t> channels = context.node().get_ints("channels", {});
  bool all_known = true;
  for (std::size_t i = 0; i < context.input_count(); ++i) {
    require_rank(context, i, 5);
    all_known = all_known && context.input(i).shape;
  }
  if (!all_known) return context.set_output(0, {context.input(0).dtype, std::nullopt});
  for (std::size_t i = 0; i < context.input_count(); ++i) {
    const SymbolicShape& shape = *context.input(i).shape;
    require_alike(context, i, shape);
    if (shape[4].is_static() && shape[4].extent() < 1) {
      context.fail("input ", i, " is ", context.input(i).to_string(), ", whose blocks are empty");
    }
    const bool is_known = shape[1].is_static() && shape[4].is_static();
    if (is_known && blocks_of(channels[i], shape[4].extent()) != shape[1].extent()) {
      context.fail("channels[", i, "] is ", channels[i], ", which does not fill the blocks of ",
                   context.input(i).to_string());
    }
  }
  SymbolicShape shape = *context.input(0).shape;
  const auto count = static_cast<std::int64_t>(selected.size());
  shape[1] = shape[4].is_static() ? Dim(blocks_of(count, shape[4].extent())) : Dim();
  context.set_output(0, {context.input(0).dtype, shape});
}

template <typename T>
void copy_channel(const Tensor& from, std::int64_t channel, Tensor& to, std::int64_t to_channel) {
  const Shape &in = from.shape(), &out = to.shape();
  const std::int64_t pixels = in[2] * in[3], lanes = in[4];
  for (std::int64_t image = 0; image < in[0]; ++image) {
    const T* source =
        from.data<T>() + (image * in[1] + channel / lanes) * pixels * lanes + channel % lanes;
    T* target =
        to.data<T>() + (image * out[1] + to_channel / lanes) * pixels * lanes + to_channel % lanes;
    for (std::int64_t i = 0; i < pixels; ++i) target[i * lanes] = source[i * lanes];
  }
}

void run_select(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::vector<ChannelSource> selected = selected_channels(node);
  dispatch_floats(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    std::fill_n(outputs[0].data<T>(), outputs[0].size(), T{});
    for (std::size_t i = 0; i < selected.size(); ++i) {
      copy_channel<T>(inputs[selected[i].input], selected[i].channel, outputs[0],
                      static_cast<std::int64_t>(i));
    }
  });
}

}  // namespace

std::vector<ChannelSource> selected_channels(const Node& node) {
  const std::vector<std::int64_t> channels = node.get_ints("channels", {});
  const std::vector<std::int64_t> indices = node.get_ints("indices", {});
  if (channels.size() != node.inputs().size()) {
    fail(ErrorCode::kInvalidModel, node.described(), ": channels has ", channels.size(),
         " elements, but the node has ", node.inputs().size(), " inputs");
  }
  if (indices.empty()) {
    fail(ErrorCode::kInvalidModel, node.described(), ": indices is empty");
  }
  for (std::size_t input = 0; input < channels.size(); ++input) {
    if (channels[input] < 1) {
      fail(ErrorCode::kInvalidModel, node.described(), ": channels[", input, "] is ",
           channels[input], ", but must be at least 1");
    }
  }
  std::vector<ChannelSource> selected;
  for (const std::int64_t index : indices) {
    ChannelSource source{0, index};
    while (source.input < channels.size() && source.channel >= channels[source.input]) {
      source.channel -= channels[source.input++];
    }
    if (index < 0 || source.input == channels.size()) {
      fail(ErrorCode::kInvalidModel, node.described(), ": index ", index,
           " is not a channel of the inputs");
    }
    selected.push_back(source);
  }
  return selected;
}

std::vector<Operator> select_channels_operators() {
  return {{"SelectChannels",
           kFusedDomain,
           1,
           1,
           Operator::kVariadic,
           1,
           1,
           {{"channels", AttributeKind::kInts, true}, {"indices", AttributeKind::kInts, true}},
           infer_select,
           run_select}};
}

}  // namespace headway
