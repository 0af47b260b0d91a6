#include "ops/cost.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "ops/attention.h"
#include "ops/blocked.h"
#include "ops/fused.h"

namespace headway {
namespace {

Shape shape_of(const Value* value) {
  return value == nullptr ? Shape() : value->type.static_shape().value_or(Shape());
}

std::int64_t bytes_of(const Value* value) {
  if (value == nullptr) return 0;
  return num_elements(shape_of(value)) * static_cast<std::int64_t>(size_of(value->type.dtype));
}

/// True for the ONNX operator and for the fused one that it became part of.
bool is(const Node& node, std::string_view op_type, std::string_view fused) {
  return node.is(op_type) || node.is(fused, kFusedDomain);
}

/// Of the products before and after the Softmax.
std::int64_t attention_macs(const AttentionLayout& a) {
  return a.batch * a.heads * a.queries * a.keys * (a.head_size + a.value_size);
}

/// Operators that need of input 0 only what becomes their output.
bool picks(const Node& node) {
  constexpr std::array<std::string_view, 4> kPicking = {"Gather", "GatherElements", "GatherND",
                                                        "Slice"};
  return node.domain().empty() && std::ranges::find(kPicking, node.op_type()) != kPicking.end();
}

}  // namespace

std::int64_t multiply_adds(const Node& node) {
  const Shape output = shape_of(node.output()), weights = shape_of(node.input(1));
  if (node.output() == nullptr || num_elements(output) == 0) return 0;
  if (is(node, "Conv", "FusedConv")) {
    return num_elements(output) / weights.at(0) * num_elements(weights);
  }
  if (node.is("BlockedConv", kFusedDomain)) return blocked_conv_geometry(node).macs();
  if (node.is("FusedAttention", kFusedDomain)) return attention_macs(attention_layout(node));
  if (node.is("ConvTranspose")) {
    const std::int64_t inputs = num_elements(shape_of(node.input(0)));
    return inputs == 0 ? 0 : inputs / weights.at(0) * num_elements(weights);
  }
  if (is(node, "Gemm", "FusedGemm")) {
    return num_elements(output) * weights.at(node.get_int("transB", 0) != 0 ? 1 : 0);
  }
  if (is(node, "MatMul", "FusedMatMul")) {
    return num_elements(output) * shape_of(node.input(0)).back();
  }
  return 0;
}

Traffic memory_traffic(const Node& node) {
  Traffic traffic;
  for (const Value* output : node.outputs()) traffic.written += bytes_of(output);
  const auto inputs = node.inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto before = inputs.first(i);
    if (std::ranges::find(before, inputs[i]) != before.end()) continue;
    const std::int64_t bytes = bytes_of(inputs[i]);
    traffic.read += i == 0 && picks(node) ? std::min(bytes, traffic.written) : bytes;
  }
  return traffic;
}

}  // namespace headway
