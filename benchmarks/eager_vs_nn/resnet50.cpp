#include "resnet50.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>

namespace {

namespace nn = torch::nn;

constexpr std::int64_t kExpansion = 4;

nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel,
                       std::int64_t stride = 1) {
  return nn::Conv2d(
      nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

class Bottleneck : public nn::Module {
 public:
  Bottleneck(std::int64_t in, std::int64_t width, std::int64_t stride) {
    const std::int64_t out = width * kExpansion;
    conv1_ = register_module("conv1", convolution(in, width, 1));
    bn1_ = register_module("bn1", nn::BatchNorm2d(width));
    conv2_ = register_module("conv2", convolution(width, width, 3, stride));
    bn2_ = register_module("bn2", nn::BatchNorm2d(width));
    conv3_ = register_module("conv3", convolution(width, out, 1));
    bn3_ = register_module("bn3", nn::BatchNorm2d(out));
    if (stride != 1 || in != out) {
      downsample_ = register_module(
          "downsample", nn::Sequential(convolution(in, out, 1, stride), nn::BatchNorm2d(out)));
    }
  }

  at::Tensor forward(const at::Tensor& x) {
    at::Tensor y = bn1_(conv1_(x)).relu_();
    y = bn2_(conv2_(y)).relu_();
    y = bn3_(conv3_(y));
    y += downsample_ ? downsample_->forward(x) : x;
    return y.relu_();
  }

 private:
  nn::Conv2d conv1_{nullptr}, conv2_{nullptr}, conv3_{nullptr};
  nn::BatchNorm2d bn1_{nullptr}, bn2_{nullptr}, bn3_{nullptr};
  nn::Sequential downsample_{nullptr};
};

/// "layer1.0.bn1.weight" and "layer1_0_bn1_weight" are the same.
std::string plain(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

}  // namespace

ResNet50::ResNet50() {
  constexpr int kBlocks[] = {3, 4, 6, 3};
  conv1_ = register_module(
      "conv1", nn::Conv2d(nn::Conv2dOptions(3, 64, 7).stride(2).padding(3).bias(false)));
  bn1_ = register_module("bn1", nn::BatchNorm2d(64));
  for (int stage = 0; stage < 4; ++stage) {
    layers_[stage] = register_module("layer" + std::to_string(stage + 1),
                                     make_layer(64 << stage, kBlocks[stage], stage == 0 ? 1 : 2));
  }
  fc_ = register_module("fc", nn::Linear(channels_, 1000));
  eval();
}

nn::Sequential ResNet50::make_layer(std::int64_t width, int blocks, std::int64_t stride) {
  nn::Sequential layer;
  for (int block = 0; block < blocks; ++block) {
    layer->push_back(std::make_shared<Bottleneck>(channels_, width, block == 0 ? stride : 1));
    channels_ = width * kExpansion;
  }
  return layer;
}

at::Tensor ResNet50::forward(at::Tensor x) {
  x = bn1_(conv1_(x)).relu_();
  x = at::max_pool2d(x, 3, 2, 1);
  for (nn::Sequential& layer : layers_) x = layer->forward(x);
  x = at::adaptive_avg_pool2d(x, {1, 1}).flatten(1);
  return fc_(x);
}

void ResNet50::take_weights(const torch::jit::Module& module) {
  const at::NoGradGuard no_gradients;
  std::map<std::string, at::Tensor> weights;
  for (const auto& weight : module.named_parameters()) weights[plain(weight.name)] = weight.value;
  for (const auto& weight : module.named_buffers()) weights[plain(weight.name)] = weight.value;
  const auto take = [&weights](const std::string& name, at::Tensor& into) {
    const auto found = weights.find(plain(name));
    if (found == weights.end() || found->second.sizes() != into.sizes()) {
      throw std::runtime_error("the file is no ResNet-50: its weight '" + name +
                               "' is missing or has another shape");
    }
    into.copy_(found->second);
  };
  for (auto& parameter : named_parameters()) take(parameter.key(), parameter.value());
  for (auto& buffer : named_buffers()) {
    if (buffer.value().dim() > 0) take(buffer.key(), buffer.value());
  }
}
