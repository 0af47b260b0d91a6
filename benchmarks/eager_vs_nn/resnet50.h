#pragma once

#include <torch/csrc/jit/api/module.h>
#include <torch/nn.h>

/// torchvision's ResNet-50, written with torch::nn as a C++ user of PyTorch would write it.
class ResNet50 : public torch::nn::Module {
 public:
  ResNet50();

  at::Tensor forward(at::Tensor x);

  /// Takes the weights of a TorchScript module whose attributes have torchvision's names (with dots
  /// or underscores). Throws std::runtime_error naming the first that is missing.
  void take_weights(const torch::jit::Module& module);

 private:
  torch::nn::Sequential make_layer(std::int64_t width, int blocks, std::int64_t stride);

  std::int64_t channels_ = 64;
  torch::nn::Conv2d conv1_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr};
  torch::nn::Sequential layers_[4];
  torch::nn::Linear fc_{nullptr};
};
