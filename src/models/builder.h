#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "models/models.h"
#include "models/spread.h"
#include "models/weights.h"

namespace headway::models {

struct ConvOptions {
  std::int64_t out_channels;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::int64_t groups = 1;
  bool bias = false;
  double variance = 1;  ///< Wanted of the output, apart from the bias.
  double bias_deviation = 0.1;
  std::optional<ConvAxis> width;  ///< Of a kernel that is not square; `kernel` is its height.
};

/// What batch normalization leaves: channels' means are scattered around `mean`, their deviations
/// around `deviation`.
struct NormOptions {
  double mean = 0;
  double deviation = 1;
};

/// A linear layer over the last axis of tokens.
struct DenseOptions {
  std::int64_t features;
  bool bias = true;
  double variance = 1;  ///< Wanted of the output, apart from the bias.
  char joint = '.';     ///< Before "weight": nn.MultiheadAttention has "in_proj_weight".
};

struct LayerNormOptions {
  float epsilon = 1e-5f;
  double deviation = 1;  ///< What the normalization leaves, about.
};

/// Writes a network as a Graph layer by layer, as torchvision's modules do in PyTorch. Every layer
/// is named relative to the open scopes: within enter("layer1") and enter("0"), conv("conv1") makes
/// the constant "layer1.0.conv1.weight" and the node "/layer1/layer1.0/conv1". Weights are seeded,
/// each tensor from its own name, and scaled so that outputs have the variance asked for.
class ModelBuilder {
 public:
  ModelBuilder(std::string_view name, const ModelOptions& options, float norm_epsilon = 1e-5f);

  /// Leaves the module when destroyed.
  class Scope {
   public:
    ~Scope() { builder_.path_.pop_back(); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    friend class ModelBuilder;
    explicit Scope(ModelBuilder& builder) : builder_(builder) {}
    ModelBuilder& builder_;
  };
  [[nodiscard]] Scope enter(std::string_view module);
  [[nodiscard]] Scope enter(std::int64_t index) { return enter(std::to_string(index)); }

  /// The image: "input", N x 3 x image_size x image_size, mean 0 and variance 1.
  Value* image();

  Value* conv(std::string_view name, Value* x, const ConvOptions& options);
  Value* batch_norm(std::string_view name, Value* x, const NormOptions& options = {});
  Value* relu(std::string_view name, Value* x);
  Value* relu6(std::string_view name, Value* x);
  Value* sigmoid(std::string_view name, Value* x);
  Value* silu(std::string_view name, Value* x);
  Value* hard_sigmoid(std::string_view name, Value* x);
  Value* hard_swish(std::string_view name, Value* x);
  Value* max_pool(std::string_view name, Value* x, std::int64_t window, std::int64_t stride,
                  std::int64_t padding = 0, bool ceil_mode = false);
  /// The padding counts as zeros.
  Value* average_pool(std::string_view name, Value* x, std::int64_t window, std::int64_t stride,
                      std::int64_t padding = 0);
  Value* global_average_pool(std::string_view name, Value* x);
  Value* add(std::string_view name, Value* a, Value* b);
  Value* multiply(std::string_view name, Value* x, Value* gate);
  Value* concat(std::string_view name, std::vector<Value*> parts);
  /// The first and the second half of the channels.
  std::array<Value*, 2> halves(std::string_view name, Value* x);
  /// Channel c of group g becomes channel g of group c.
  Value* shuffle_channels(std::string_view name, Value* x, std::int64_t groups);
  Value* flatten(std::string_view name, Value* x);
  Value* linear(std::string_view name, Value* x, std::int64_t features, double variance = 1);

  // Tokens: the channels are the last axis of [N, ..., channels].
  Value* dense(std::string_view name, Value* x, const DenseOptions& options);
  Value* layer_norm(std::string_view name, Value* x, const LayerNormOptions& options = {});
  /// The three thirds of the channels.
  std::array<Value*, 3> thirds(std::string_view name, Value* x);
  /// Layer normalization over the channels of an image.
  Value* layer_norm_2d(std::string_view name, Value* x, const LayerNormOptions& options = {});

  // Of images and tokens alike.
  Value* gelu(std::string_view name, Value* x);
  Value* tanh(std::string_view name, Value* x);
  Value* permute(std::string_view name, Value* x, std::vector<std::int64_t> order);
  /// A 0 keeps the extent.
  Value* reshape(std::string_view name, Value* x, const std::vector<std::int64_t>& shape);
  /// An operator that leaves the channels of its first input as they are, about.
  Value* apply(std::string_view op_type, std::string_view name, std::vector<Value*> inputs,
               Attributes attributes = {});

  Value* input(std::string_view name, TensorType type);
  /// A seeded parameter of the open module.
  Value* parameter(std::string_view name, Shape shape, double mean, double deviation);
  /// What a module keeps under a name of its own, but does not learn.
  Value* buffer(std::string_view name, Tensor tensor);
  /// An operand that belongs to no module.
  Value* constant(std::string_view name, Tensor tensor);

  const Spread& spread(const Value* x) const { return facts_.at(x).spread; }
  /// Says what is known of a value better than by the operator that made it.
  void expect(const Value* x, Spread spread) { facts_[x].spread = std::move(spread); }

  std::int64_t channels(const Value* x) const;
  /// Expected of the value's elements around their channel's mean.
  double variance(const Value* x) const { return facts_.at(x).spread.variance(); }
  /// Height and width.
  std::int64_t size(const Value* x) const { return facts_.at(x).size; }

  const ModelOptions& options() const { return options_; }

  /// Makes `logits` the output, under the name "output".
  Graph finish(Value* logits);
  /// Makes the values the outputs, in this order.
  Graph finish(std::initializer_list<std::pair<Value*, std::string>> outputs);

 private:
  struct Facts {
    Spread spread;
    std::int64_t size = 0;
  };

  std::string full_name(std::string_view name) const;
  std::string parameter_name(std::string_view name, std::string_view parameter) const;
  std::string node_path(std::string_view name) const;
  Value* node(std::string_view op_type, std::string_view name, std::vector<Value*> inputs,
              Attributes attributes, Facts facts);
  Value* bias_around_zero(const std::string& full_name, Spread& y, double deviation);
  std::int64_t pooled_size(std::string_view name, const Value* x, std::int64_t window,
                           std::int64_t stride, std::int64_t padding, bool ceil_mode = false) const;

  Graph graph_;
  ModelOptions options_;
  float norm_epsilon_;
  std::vector<std::string> path_;
  std::unordered_map<const Value*, Facts> facts_;
};

}  // namespace headway::models
