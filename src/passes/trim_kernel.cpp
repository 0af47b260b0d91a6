#include <algorithm>

#include "ops/elements.h"
#include "passes/passes.h"
#include "passes/pattern.h"

namespace headway {
namespace {

/// The taps of a kernel along one axis that reach the image: [first, last].
struct Taps {
  std::int64_t first, last;
};

struct Axis {
  std::int64_t input, output, kernel, dilation, stride, pad;

  Taps useful() const {
    const auto reaches = [&](std::int64_t tap) {
      const std::int64_t least = tap * dilation - pad, most = least + (output - 1) * stride;
      return most >= 0 && least < input;
    };
    Taps taps = {0, kernel - 1};
    while (taps.first < taps.last && !reaches(taps.first)) ++taps.first;
    while (taps.last > taps.first && !reaches(taps.last)) --taps.last;
    return taps;
  }
};

/// [O, C, kernel…] with the taps that are kept.
Tensor trimmed(const Tensor& weights, const std::vector<Taps>& taps) {
  Shape shape = weights.shape();
  for (std::size_t axis = 0; axis < taps.size(); ++axis)
    shape[axis + 2] = taps[axis].last - taps[axis].first + 1;
  Tensor result = Tensor::allocate(DType::kFloat32, shape);
  float* target = result.data<float>();
  const std::span<const float> source = weights.values<float>();
  for (std::int64_t i = 0; i < result.size(); ++i) {
    std::int64_t rest = i, from = 0, stride = 1;
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      const std::int64_t skipped = axis < 2 ? 0 : taps[axis - 2].first;
      from += (rest % shape[axis] + skipped) * stride;
      rest /= shape[axis];
      stride *= weights.dim(axis);
    }
    target[i] = source[static_cast<std::size_t>(from)];
  }
  return result;
}

/// Convolutions dilated so far that some taps only ever see the padding.
std::optional<Patch> propose(Graph& graph, Node& conv) {
  if (!conv.is("Conv") || conv.get_string("auto_pad", "NOTSET") != "NOTSET") return std::nullopt;
  const Value* weights = conv.input(1);
  const auto x = conv.input(0)->type.static_shape(), y = conv.output()->type.static_shape();
  if (!x || !y || num_elements(*y) == 0 || !weights->is_constant() ||
      weights->type.dtype != DType::kFloat32) {
    return std::nullopt;
  }
  const std::size_t axes = x->size() - 2;
  const std::vector<std::int64_t> ones(axes, 1);
  const auto dilations = conv.get_ints("dilations", ones), strides = conv.get_ints("strides", ones);
  auto pads = conv.get_ints("pads", std::vector<std::int64_t>(2 * axes, 0));
  std::vector<Taps> taps;
  std::vector<std::int64_t> kernel;
  for (std::size_t i = 0; i < axes; ++i) {
    const std::int64_t extent = weights->constant().dim(i + 2);
    taps.push_back(
        Axis{(*x)[i + 2], (*y)[i + 2], extent, dilations[i], strides[i], pads[i]}.useful());
    pads[i] -= taps[i].first * dilations[i];
    pads[axes + i] -= (extent - 1 - taps[i].last) * dilations[i];
    kernel.push_back(taps[i].last - taps[i].first + 1);
  }
  const Shape& full = weights->constant().shape();
  const bool cuts_image = std::ranges::any_of(pads, [](std::int64_t pad) { return pad < 0; });
  if (cuts_image || std::equal(kernel.begin(), kernel.end(), full.begin() + 2)) return std::nullopt;

  Attributes attributes = conv.attributes;
  attributes["pads"] = pads;
  attributes["kernel_shape"] = kernel;
  std::vector<Value*> inputs(conv.inputs().begin(), conv.inputs().end());
  inputs[1] =
      graph.add_constant(weights->name() + "_trimmed", trimmed(aligned(weights->constant()), taps));
  Node* narrow = graph.insert_node(&conv, "Conv", inputs, {conv.output()->name() + "_trimmed"},
                                   std::move(attributes), conv.name());
  return Patch{conv.output(), narrow->output()};
}

}  // namespace

const Pass kTrimKernel = {"trim-kernel", propose};

}  // namespace headway
