#include "formats/torchscript/op_map.h"
#include "formats/torchscript/window.h"

namespace headway::torchscript {
namespace {

std::vector<std::int64_t> kernel_of(const Emitter& emitter) {
  std::vector<std::int64_t> kernel;
  for (std::int64_t axis = 2; axis < emitter.rank(1); ++axis)
    kernel.push_back(emitter.extent(1, axis));
  if (kernel.empty() || kernel.size() > 3)
    emitter.fail("it has ", kernel.size(), " spatial dimensions");
  return kernel;
}

void emit_conv(Emitter& emitter) {
  const Window window = window_of(emitter, kernel_of(emitter), 0, false);
  const std::string name = "conv" + std::to_string(window.rank()) + "d";
  emitter.assign(call(name, {window.input, emitter.tensor(1), emitter.tensor_or_none(2),
                             list(window.strides), list(window.padding), list(window.dilations),
                             std::to_string(emitter.node().get_int("group", 1))}));
}

void emit_conv_transpose(Emitter& emitter) {
  const Node& node = emitter.node();
  const std::vector<std::int64_t> kernel = kernel_of(emitter);
  const std::size_t rank = kernel.size();
  if (node.has("output_shape") || node.get_string("auto_pad", "NOTSET") != "NOTSET")
    emitter.fail("its padding must be given by 'pads'");
  const std::vector<std::int64_t> ones(rank, 1), zeros(rank, 0);
  const auto pads = node.get_ints("pads", std::vector<std::int64_t>(2 * rank, 0));
  auto output_padding = node.get_ints("output_padding", zeros);
  std::vector<std::int64_t> padding(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    // Less padding at the end than at the beginning is a longer output.
    padding[i] = pads[i];
    output_padding[i] += pads[i] - pads[rank + i];
    if (output_padding[i] < 0) emitter.fail("it pads more at the end than at the beginning");
  }
  emitter.assign(
      call("conv_transpose" + std::to_string(rank) + "d",
           {emitter.tensor(0), emitter.tensor(1), emitter.tensor_or_none(2),
            list(node.get_ints("strides", ones)), list(padding), list(output_padding),
            std::to_string(node.get_int("group", 1)), list(node.get_ints("dilations", ones))}));
}

constexpr OpMapping kMappings[] = {{"Conv", emit_conv}, {"ConvTranspose", emit_conv_transpose}};

}  // namespace

std::span<const OpMapping> convolution_mappings() {
  return kMappings;
}

}  // namespace headway::torchscript
