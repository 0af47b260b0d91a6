#include "ops/conv_rules.h"
#include "ops/convolve.h"
#include "ops/families.h"
#include "ops/quantization.h"
#include "ops/rules.h"

namespace headway {
namespace {

constexpr DTypes kByteTypes = {DType::kInt8, DType::kUInt8};

void infer_conv(InferContext& context, std::size_t x, std::size_t w, DType dtype) {
  require_dtype(context, x, kByteTypes);
  require_dtype(context, w, kByteTypes);
  context.set_output(0, {dtype, convolution_shape(context, x, w)});
}

void infer_conv_integer(InferContext& context) {
  infer_conv(context, 0, 1, DType::kInt32);
}

void infer_qlinear_conv(InferContext& context) {
  infer_conv(context, 0, 3, context.input(7).dtype);
  require_dtype(context, 7, kByteTypes);
}

/// The input less its zero point, so that padding counts as zero.
std::vector<double> centred_input(const Node& node, std::span<const Tensor> inputs, std::size_t x,
                                  std::size_t zero_point) {
  const double zero = repeated_numbers(node, inputs, zero_point, 1, 0.0).front();
  std::vector<double> result = numbers_of(inputs[x]);
  for (double& element : result) element -= zero;
  return result;
}

/// Weights less the zero point of all, or of each output channel.
std::vector<double> centred_weights(const Node& node, std::span<const Tensor> inputs, std::size_t w,
                                    std::size_t zero_point) {
  const std::int64_t channels = inputs[w].dim(0);
  const std::vector<double> zero = repeated_numbers(node, inputs, zero_point, channels, 0.0);
  std::vector<double> result = numbers_of(inputs[w]);
  const std::size_t row = zero.empty() ? 1 : result.size() / zero.size();
  for (std::size_t i = 0; i < result.size(); ++i) result[i] -= zero[i / row];
  return result;
}

void run_conv_integer(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const ConvGeometry geometry = conv_geometry(node, inputs[0].shape(), inputs[1].shape());
  const std::vector<double> x = centred_input(node, inputs, 0, 2);
  const std::vector<double> w = centred_weights(node, inputs, 1, 3);
  std::vector<double> sums(static_cast<std::size_t>(outputs[0].size()));
  convolve(geometry, x.data(), w.data(), sums.data(),
           [](double sum, std::int64_t, std::int64_t) { return sum; });
  std::int32_t* y = outputs[0].data<std::int32_t>();
  for (const double sum : sums) {
    *y++ = static_cast<std::int32_t>(static_cast<std::int64_t>(sum));
  }
}

/// The bias counts in units of x's scale times w's.
void run_qlinear_conv(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const ConvGeometry geometry = conv_geometry(node, inputs[0].shape(), inputs[3].shape());
  const std::vector<double> x = centred_input(node, inputs, 0, 2);
  const std::vector<double> w = centred_weights(node, inputs, 3, 5);
  const std::int64_t channels = geometry.out_channels;
  const std::vector<double> bias = repeated_numbers(node, inputs, 8, channels, 0.0);
  std::vector<double> scale = repeated_numbers(node, inputs, 4, channels, 1.0);
  const double x_scale = repeated_numbers(node, inputs, 1, 1, 1.0).front();
  const double y_scale = repeated_numbers(node, inputs, 6, 1, 1.0).front();
  const double zero = repeated_numbers(node, inputs, 7, 1, 0.0).front();
  for (double& factor : scale) factor *= x_scale / y_scale;
  std::vector<double> sums(static_cast<std::size_t>(outputs[0].size()));
  convolve(geometry, x.data(), w.data(), sums.data(),
           [&](double sum, std::int64_t channel, std::int64_t) {
             const auto at = static_cast<std::size_t>(channel);
             return (sum + bias[at]) * scale[at];
           });
  quantize(outputs[0], true, [&](std::int64_t i) {
    return Quantized{sums[static_cast<std::size_t>(i)], zero};
  });
}

}  // namespace

std::vector<Operator> quantized_conv_operators() {
  return {
      {"ConvInteger", "", 10, 2, 4, 1, 1, conv_attributes(), infer_conv_integer, run_conv_integer},
      {"QLinearConv", "", 10, 8, 9, 1, 1, conv_attributes(), infer_qlinear_conv, run_qlinear_conv},
  };
}

}  // namespace headway
