#include "formats/torchscript/reader/call.h"

namespace headway::script {
namespace {

struct Geometry {
  Ints stride, padding, dilation, output_padding;
  std::int64_t groups = 1;
  bool transposed = false;
};

/// An input of which nothing is known so far is a batch of what the weight is for.
void refine_input(Call& call, Value* input, Value* weight, const Geometry& geometry) {
  if (!call.recorder().is_open(input)) return;
  TensorType type = input->type;
  type.shape.emplace();
  for (std::size_t axis = 0; axis < call.shape(weight).size(); ++axis)
    type.shape->push_back(call.recorder().symbol_for(input, axis));
  const std::int64_t channels = call.extent(weight, geometry.transposed ? 0 : 1);
  (*type.shape)[1] = Dim(geometry.transposed ? channels : channels * geometry.groups);
  call.recorder().refine(input, type);
}

IValue convolve(Call& call, const Geometry& geometry) {
  Value* input = call.tensor("input");
  Value* weight = call.tensor("weight");
  Value* bias = call.optional_tensor("bias");
  refine_input(call, input, weight, geometry);
  const std::int64_t rank = call.rank(weight);
  const bool batched = call.rank(input) == rank;
  if (!batched) input = call.unsqueeze(input, {0});
  Ints kernel;
  for (std::int64_t axis = 2; axis < rank; ++axis) kernel.push_back(call.extent(weight, axis));
  Ints pads = geometry.padding;
  pads.insert(pads.end(), geometry.padding.begin(), geometry.padding.end());
  Attributes attributes = {{"kernel_shape", kernel},
                           {"strides", geometry.stride},
                           {"pads", pads},
                           {"dilations", geometry.dilation},
                           {"group", geometry.groups}};
  if (geometry.transposed) attributes["output_padding"] = geometry.output_padding;
  std::vector<Value*> inputs = {input, weight};
  if (bias != nullptr) inputs.push_back(bias);
  Value* output =
      call.node(geometry.transposed ? "ConvTranspose" : "Conv", inputs, std::move(attributes));
  return tensor_result(batched ? output : call.squeeze(output, {0}));
}

std::size_t spatial_rank(Call& call) {
  return static_cast<std::size_t>(call.rank(call.tensor("weight")) - 2);
}

/// "same" and "valid" stand for numbers, except for even kernels, which "same" pads unevenly.
Ints padding_of(Call& call, const Ints& stride, const Ints& dilation) {
  const std::size_t rank = spatial_rank(call);
  if (!std::holds_alternative<std::string>(call.argument("padding")))
    return call.ints("padding", rank);
  Ints padding(rank, 0);
  if (call.text("padding") == "valid") return padding;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t total =
        dilation[i] * (call.extent(call.tensor("weight"), static_cast<std::int64_t>(i) + 2) - 1);
    if (stride[i] != 1 || total % 2 != 0) call.unsupported("padding 'same' that is uneven");
    padding[i] = total / 2;
  }
  return padding;
}

IValue conv(Call& call) {
  const std::size_t rank = spatial_rank(call);
  Geometry geometry;
  geometry.stride = call.ints("stride", rank);
  geometry.dilation = call.ints("dilation", rank);
  geometry.padding = padding_of(call, geometry.stride, geometry.dilation);
  geometry.groups = call.integer("groups");
  return convolve(call, geometry);
}

IValue conv_transpose(Call& call) {
  const std::size_t rank = spatial_rank(call);
  Geometry geometry{call.ints("stride", rank),   call.ints("padding", rank),
                    call.ints("dilation", rank), call.ints("output_padding", rank),
                    call.integer("groups"),      true};
  return convolve(call, geometry);
}

IValue convolution(Call& call) {
  const std::size_t rank = spatial_rank(call);
  Geometry geometry{call.ints("stride", rank),   call.ints("padding", rank),
                    call.ints("dilation", rank), call.ints("output_padding", rank),
                    call.integer("groups"),      call.flag("transposed")};
  return convolve(call, geometry);
}

constexpr std::string_view kConv =
    "input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1";
constexpr std::string_view kTransposed =
    "input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1";
constexpr std::string_view kConvolution =
    "input, weight, bias, stride, padding, dilation, transposed, output_padding, groups, "
    "benchmark=False, deterministic=False, cudnn_enabled=True, allow_tf32=True";

constexpr AtenOperator kOperators[] = {
    {"conv1d", kConv, conv},
    {"conv2d", kConv, conv},
    {"conv3d", kConv, conv},
    {"conv_transpose1d", kTransposed, conv_transpose},
    {"conv_transpose2d", kTransposed, conv_transpose},
    {"conv_transpose3d", kTransposed, conv_transpose},
    {"_convolution", kConvolution, convolution},
    {"convolution", kConvolution, convolution},
};

}  // namespace

std::span<const AtenOperator> convolution_operators() {
  return kOperators;
}

}  // namespace headway::script
