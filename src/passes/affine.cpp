#include "passes/affine.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "passes/pattern.h"

namespace headway {
namespace {

bool is_float_constant(const Value* value) {
  return value != nullptr && value->is_constant() && value->constant().dtype() == DType::kFloat32;
}

/// Gemm folds only in the plain form in which frameworks write a linear layer.
bool is_plain_gemm(const Node& node) {
  return node.is("Gemm") && node.get_float("alpha", 1.0f) == 1.0f &&
         node.get_float("beta", 1.0f) == 1.0f && node.input(1)->constant().rank() == 2;
}

/// The axis of the weights that runs over output channels.
std::size_t channel_axis(const Node& node) {
  return node.is("Gemm") && node.get_int("transB", 0) == 0 ? 1 : 0;
}

Tensor scaled_weights(const Node& node, const std::vector<float>& scale) {
  const Tensor& weights = node.input(1)->constant();
  const std::size_t axis = channel_axis(node);
  std::size_t outer = 1, inner = 1;
  for (std::size_t i = 0; i < weights.rank(); ++i) {
    if (i != axis) (i < axis ? outer : inner) *= static_cast<std::size_t>(weights.dim(i));
  }
  Tensor result = Tensor::allocate(DType::kFloat32, weights.shape());
  const auto* source = static_cast<const std::byte*>(weights.raw());  // perhaps unaligned
  float* target = result.data<float>();
  for (std::size_t i = 0; i < outer; ++i) {
    for (const float factor : scale) {
      for (std::size_t j = 0; j < inner; ++j) {
        float weight;
        std::memcpy(&weight, source + j * sizeof weight, sizeof weight);
        target[j] = weight * factor;
      }
      source += inner * sizeof(float);
      target += inner;
    }
  }
  return result;
}

Tensor folded_bias(const Node& node, const ChannelAffine& affine) {
  const auto channels = static_cast<std::int64_t>(affine.scale.size());
  std::vector<float> bias = affine.shift;
  if (node.input(2) != nullptr) {
    const auto old = per_channel_constant(node.input(2), 2, channels);
    for (std::size_t i = 0; i < bias.size(); ++i) bias[i] += (*old)[i] * affine.scale[i];
  }
  return Tensor::from<float>({channels}, std::span<const float>(bias));
}

}  // namespace

std::int64_t output_channels(const Node& node) {
  return node.input(1)->constant().dim(channel_axis(node));
}

Node* foldable_producer(const Graph& graph, const Value* value) {
  Node* node = private_producer(graph, value, "Conv");
  if (node == nullptr) node = private_producer(graph, value, "Gemm");
  if (node == nullptr || !is_float_constant(node->input(1))) return nullptr;
  if (node->is("Gemm") && !is_plain_gemm(*node)) return nullptr;
  const bool bias_fits =
      node->input(2) == nullptr || per_channel_constant(node->input(2), 2, output_channels(*node));
  return bias_fits ? node : nullptr;
}

Value* fold_affine(Graph& graph, Node& position, const Node& node, const ChannelAffine& affine) {
  const std::string& name = node.output()->name();
  std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
  inputs.resize(3);
  const bool scales = std::ranges::any_of(affine.scale, [](float s) { return s != 1.0f; });
  if (scales) {
    inputs[1] =
        graph.add_constant(node.input(1)->name() + "_scaled", scaled_weights(node, affine.scale));
  }
  inputs[2] = graph.add_constant(name + "_bias", folded_bias(node, affine));
  Node* folded = graph.insert_node(&position, node.op_type(), inputs, {name + "_folded"},
                                   node.attributes, node.name());
  return folded->output();
}

}  // namespace headway
