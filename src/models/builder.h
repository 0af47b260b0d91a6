#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
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

  std::int64_t channels(const Value* x) const;
  /// Expected of the value's elements around their channel's mean.
  double variance(const Value* x) const { return facts_.at(x).spread.variance(); }
  /// Height and width.
  std::int64_t size(const Value* x) const { return facts_.at(x).size; }

  /// Makes `logits` the output, under the name "output".
  Graph finish(Value* logits);

 private:
  struct Facts {
    Spread spread;
    std::int64_t size;
  };

  std::string parameter_name(std::string_view name, std::string_view parameter) const;
  std::string node_path(std::string_view name) const;
  Value* node(std::string_view op_type, std::string_view name, std::vector<Value*> inputs,
              Attributes attributes, Facts facts);
  Value* bias_around_zero(std::string_view name, Spread& y, double deviation);
  std::int64_t pooled_size(std::string_view name, const Value* x, std::int64_t window,
                           std::int64_t stride, std::int64_t padding, bool ceil_mode = false) const;

  Graph graph_;
  ModelOptions options_;
  float norm_epsilon_;
  std::vector<std::string> path_;
  std::unordered_map<const Value*, Facts> facts_;
};

}  // namespace headway::models
