#include "formats/torchscript/window.h"

#include <algorithm>

namespace headway::torchscript {
namespace {

/// ONNX pads: all begins, then all ends.
std::vector<std::int64_t> explicit_pads(const Emitter& emitter, const Window& window) {
  const Node& node = emitter.node();
  const std::size_t rank = window.rank();
  const std::string mode = node.get_string("auto_pad", "NOTSET");
  if (mode == "NOTSET") return node.get_ints("pads", std::vector<std::int64_t>(2 * rank, 0));
  std::vector<std::int64_t> pads(2 * rank, 0);
  if (mode == "VALID") return pads;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t extent = emitter.extent(0, static_cast<std::int64_t>(i) + 2);
    const std::int64_t stride = window.strides[i];
    const std::int64_t covered = (window.kernel[i] - 1) * window.dilations[i] + 1;
    const std::int64_t outputs = (extent + stride - 1) / stride;
    const std::int64_t total = std::max<std::int64_t>((outputs - 1) * stride + covered - extent, 0);
    const std::int64_t smaller = total / 2;
    pads[i] = mode == "SAME_UPPER" ? smaller : total - smaller;
    pads[rank + i] = total - pads[i];
  }
  return pads;
}

}  // namespace

Window window_of(Emitter& emitter, const std::vector<std::int64_t>& kernel, double fill,
                 bool is_pool) {
  const Node& node = emitter.node();
  const std::size_t rank = kernel.size();
  const std::vector<std::int64_t> ones(rank, 1);
  Window window{kernel, node.get_ints("strides", ones), node.get_ints("dilations", ones), {}, {}};
  const std::vector<std::int64_t> pads = explicit_pads(emitter, window);

  bool can_pad_itself = true;
  for (std::size_t i = 0; i < rank; ++i) {
    if (pads[i] != pads[rank + i]) can_pad_itself = false;
    if (is_pool && 2 * pads[i] > kernel[i]) can_pad_itself = false;
  }
  window.input = emitter.tensor(0);
  if (can_pad_itself) {
    window.padding.assign(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(rank));
    return window;
  }
  // ATen lists the padding from the last axis to the first, begin and end of each.
  std::vector<std::int64_t> torch_pads;
  for (std::size_t i = rank; i-- > 0;) {
    torch_pads.push_back(pads[i]);
    torch_pads.push_back(pads[rank + i]);
  }
  window.input =
      emitter.temporary(call("constant_pad_nd", {window.input, list(torch_pads), number(fill)}));
  window.padding.assign(rank, 0);
  return window;
}

}  // namespace headway::torchscript
