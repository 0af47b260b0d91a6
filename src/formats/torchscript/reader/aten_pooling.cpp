#include <algorithm>

#include "formats/torchscript/reader/call.h"

namespace headway::script {
namespace {

std::size_t spatial_rank(const Call& call) {
  return static_cast<std::size_t>(call.name().substr(call.name().size() - 2, 1)[0] - '0');
}

/// Runs `pool` on a batch, even if the input is a single sample.
template <typename Pool>
IValue batched(Call& call, std::size_t spatial, Pool pool) {
  Value* input = call.tensor("self");
  const bool single = call.rank(input) == static_cast<std::int64_t>(spatial) + 1;
  Value* output = pool(single ? call.unsqueeze(input, {0}) : input);
  return tensor_result(single ? call.squeeze(output, {0}) : output);
}

Attributes window_attributes(Call& call, std::size_t rank) {
  const Ints kernel = call.ints("kernel_size", rank);
  Ints stride =
      call.ints("stride", call.is_list("stride") && call.items("stride").empty() ? 0 : rank);
  if (stride.empty()) stride = kernel;
  Ints pads = call.ints("padding", rank);
  pads.insert(pads.end(), pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(rank));
  return {{"kernel_shape", kernel},
          {"strides", stride},
          {"pads", pads},
          {"ceil_mode", std::int64_t{call.flag("ceil_mode")}}};
}

IValue max_pool(Call& call) {
  const std::size_t rank = spatial_rank(call);
  Attributes attributes = window_attributes(call, rank);
  attributes["dilations"] = call.ints("dilation", rank);
  return batched(call, rank,
                 [&](Value* input) { return call.node("MaxPool", {input}, attributes); });
}

IValue average_pool(Call& call) {
  const std::size_t rank = spatial_rank(call);
  if (call.has("divisor_override")) call.unsupported("another divisor is not supported");
  Attributes attributes = window_attributes(call, rank);
  attributes["count_include_pad"] = std::int64_t{call.flag("count_include_pad")};
  return batched(call, rank,
                 [&](Value* input) { return call.node("AveragePool", {input}, attributes); });
}

/// Row i averages the elements that output i covers.
Tensor averaging_matrix(std::int64_t outputs, std::int64_t inputs) {
  Tensor matrix = Tensor::zeros(DType::kFloat32, {outputs, inputs});
  for (std::int64_t i = 0; i < outputs; ++i) {
    const std::int64_t begin = i * inputs / outputs,
                       end = ((i + 1) * inputs + outputs - 1) / outputs;
    for (std::int64_t j = begin; j < end; ++j)
      matrix.data<float>()[i * inputs + j] = 1.0f / static_cast<float>(end - begin);
  }
  return matrix;
}

/// Windows of different sizes: a product with a matrix for each axis.
Value* average_unevenly(Call& call, Value* input, const Ints& sizes) {
  const std::int64_t rank = call.rank(input);
  const DType dtype = call.graph().dtype(input);
  if (sizes.size() > 2) call.unsupported("windows of different sizes in three dimensions");
  Value* output = input;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::int64_t axis = rank - static_cast<std::int64_t>(sizes.size() - i);
    Tensor matrix = averaging_matrix(sizes[i], call.extent(input, axis)).to(dtype);
    Value* constant = call.graph().constant(std::move(matrix));
    output = axis + 1 == rank ? call.node("MatMul", {output, call.transpose(constant, {1, 0})})
                              : call.node("MatMul", {constant, output});
  }
  return output;
}

template <bool kMax>
IValue adaptive_pool(Call& call) {
  const std::size_t rank = spatial_rank(call);
  std::vector<Extent> wanted = call.extents("output_size");
  if (wanted.size() == 1) wanted.resize(rank, wanted[0]);
  const auto is_one = [](const Extent& extent) {
    const auto* number = std::get_if<std::int64_t>(&extent);
    return number != nullptr && *number == 1;
  };
  return batched(call, rank, [&](Value* input) {
    if (std::ranges::all_of(wanted, is_one))
      return call.node(kMax ? "GlobalMaxPool" : "GlobalAveragePool", {input});
    Ints sizes, kernel;
    bool even = true, same = true;
    for (std::size_t i = 0; i < rank; ++i) {
      const std::int64_t extent = call.extent(input, static_cast<std::int64_t>(i) + 2);
      const auto* number = std::get_if<std::int64_t>(&wanted[i]);
      if (number == nullptr) call.unsupported("an output size that is not known");
      sizes.push_back(*number);
      kernel.push_back(extent / std::max<std::int64_t>(*number, 1));
      even = even && extent % std::max<std::int64_t>(*number, 1) == 0;
      same = same && extent == *number;
    }
    if (same) return call.node("Identity", {input});
    if (even)
      return call.node(kMax ? "MaxPool" : "AveragePool", {input},
                       {{"kernel_shape", kernel}, {"strides", kernel}});
    if (kMax) call.unsupported("maxima over windows of different sizes");
    return average_unevenly(call, input, sizes);
  });
}

IValue adaptive_max_pool_with_indices(Call& call) {
  return tuple_of({adaptive_pool<true>(call), IValue()});
}

constexpr std::string_view kMaxPool =
    "self, kernel_size, stride=[], padding=0, dilation=1, ceil_mode=False";
constexpr std::string_view kAveragePool =
    "self, kernel_size, stride=[], padding=0, ceil_mode=False, count_include_pad=True, "
    "divisor_override=None";
constexpr std::string_view kAdaptive = "self, output_size";

constexpr AtenOperator kOperators[] = {
    {"max_pool1d", kMaxPool, max_pool},
    {"max_pool2d", kMaxPool, max_pool},
    {"max_pool3d", kMaxPool, max_pool},
    {"avg_pool1d", kAveragePool, average_pool},
    {"avg_pool2d", kAveragePool, average_pool},
    {"avg_pool3d", kAveragePool, average_pool},
    {"adaptive_avg_pool1d", kAdaptive, adaptive_pool<false>},
    {"adaptive_avg_pool2d", kAdaptive, adaptive_pool<false>},
    {"adaptive_avg_pool3d", kAdaptive, adaptive_pool<false>},
    {"adaptive_max_pool1d", kAdaptive, adaptive_max_pool_with_indices},
    {"adaptive_max_pool2d", kAdaptive, adaptive_max_pool_with_indices},
};

}  // namespace

std::span<const AtenOperator> pooling_operators() {
  return kOperators;
}

}  // namespace headway::script
