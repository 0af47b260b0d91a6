#include "ops/blocked.h"

#include "ops/broadcast.h"
#include "ops/conv_rules.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/fused.h"
#include "ops/fused_rules.h"
#include "ops/rules.h"
#include "ops/strided.h"

namespace headway {
namespace {

std::int64_t positive(const InferContext& context, std::string_view attribute) {
  const std::int64_t value = context.node().get_int(attribute, 0);
  if (value < 1) context.fail(attribute, " is ", value, ", but must be at least 1");
  return value;
}

std::int64_t blocks_of(std::int64_t channels, std::int64_t size) {
  return channels / size + (channels % size != 0 ? 1 : 0);
}

SymbolicShape block(SymbolicShape shape, std::int64_t size) {
  const Dim channels = shape[1];
  shape[1] = channels.is_static() ? Dim(blocks_of(channels.extent(), size)) : Dim();
  shape.push_back(Dim(size));
  return shape;
}

/// [N, channels, H, W] for `x`, [N, blocks, H, W, size].
SymbolicShape unblock(const InferContext& context, const TensorType& x, std::int64_t channels) {
  SymbolicShape shape = *x.shape;
  const Dim blocks = shape[1], size = shape[4];
  if (size.is_static() && size.extent() < 1)
    context.fail("the blocks of ", x.to_string(), " are empty");
  if (blocks.is_static() && size.is_static() &&
      blocks_of(channels, size.extent()) != blocks.extent()) {
    context.fail(channels, " channels do not fill the blocks of ", x.to_string());
  }
  shape[1] = Dim(channels);
  shape.pop_back();
  return shape;
}

void infer_block(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_rank(context, 0, 4);
  const std::int64_t size = positive(context, "block");
  const TensorType& x = context.input(0);
  context.set_output(0, x.shape ? TensorType{x.dtype, block(*x.shape, size)} : x);
}

void infer_unblock(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_rank(context, 0, 5);
  const std::int64_t channels = positive(context, "channels");
  const TensorType& x = context.input(0);
  context.set_output(0, x.shape ? TensorType{x.dtype, unblock(context, x, channels)} : x);
}

/// What a BlockedConv sees in place of its input: the same image with plain channels.
class PlainContext final : public InferContext {
 public:
  PlainContext(InferContext& context, TensorType x) : context_(context), x_(std::move(x)) {}

  const Node& node() const override { return context_.node(); }
  Tensor constant_input(std::size_t index) const override { return context_.constant_input(index); }
  std::optional<SymbolicShape> input_as_shape(std::size_t index) const override {
    return context_.input_as_shape(index);
  }
  void set_output(std::size_t index, TensorType type) override {
    context_.set_output(index, std::move(type));
  }
  void set_output_as_shape(std::size_t index, SymbolicShape elements) override {
    context_.set_output_as_shape(index, std::move(elements));
  }

 private:
  const TensorType& input_type(std::size_t index) const override {
    return index == 0 ? x_ : context_.input(index);
  }

  InferContext& context_;
  TensorType x_;
};

constexpr std::size_t kScale = 4, kShift = 5;

void infer_blocked_conv(InferContext& context) {
  fused_activation(context.node());
  input_has_relu(context.node());
  for (const std::size_t index : {kScale, kShift}) {
    if (context.has_input(index)) require_rank(context, index, 5);
    require_broadcast_to(context, index, context.input(0));
  }
  require_dtype(context, 0, kFloatTypes);
  const std::int64_t size = positive(context, "block");
  TensorType x = context.input(0);
  const std::optional<Shape> weights = context.static_input(1);
  if (!x.shape || !weights) return context.set_output(0, {x.dtype, std::nullopt});
  require_rank(context, 1, 4);
  if (x.shape->size() == 5) {
    x.shape = unblock(context, x, (*weights)[1] * checked_groups(context.node()));
  }
  PlainContext plain(context, x);
  TensorType output = infer_convolution(plain);
  require_residual(context, {output.dtype, block(*output.shape, size)});
  if (pools_maxima(context.node())) {
    for (const std::size_t axis : {2, 3}) {
      Dim& dim = (*output.shape)[axis];
      if (dim.is_static() && dim.extent() < 2) {
        context.fail("there are no 2x2 pixels to pool in ", output.to_string());
      }
      dim = dim.is_static() ? Dim(dim.extent() / 2) : Dim();
    }
  }
  context.set_output(0, {output.dtype, block(*output.shape, size)});
}

/// Calls move(plain index, blocked index) for every element that both layouts hold.
template <typename Move>
void for_channels(const Shape& plain, std::int64_t size, const Move& move) {
  const std::int64_t pixels = plain[2] * plain[3], blocks = (plain[1] + size - 1) / size;
  for (std::int64_t image = 0; image < plain[0]; ++image) {
    for (std::int64_t c = 0; c < plain[1]; ++c) {
      for (std::int64_t i = 0; i < pixels; ++i) {
        move((image * plain[1] + c) * pixels + i,
             ((image * blocks + c / size) * pixels + i) * size + c % size);
      }
    }
  }
}

void block_tensor(const Tensor& plain, Tensor& blocked) {
  dispatch_floats(plain.dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* from = plain.data<T>();
    T* to = blocked.data<T>();
    std::fill_n(to, blocked.size(), T{});
    for_channels(plain.shape(), blocked.shape()[4],
                 [&](std::int64_t p, std::int64_t b) { to[b] = from[p]; });
  });
}

void unblock_tensor(const Tensor& blocked, Tensor& plain) {
  dispatch_floats(plain.dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* from = blocked.data<T>();
    T* to = plain.data<T>();
    for_channels(plain.shape(), blocked.shape()[4],
                 [&](std::int64_t p, std::int64_t b) { to[p] = from[b]; });
  });
}

/// The elements repeated to `shape`, in double.
std::vector<double> spread(const Tensor& tensor, const Shape& shape) {
  std::vector<double> result(static_cast<std::size_t>(num_elements(shape)));
  copy_strided(to_doubles(tensor).data(), broadcast_strides(tensor.shape(), shape), shape,
               result.data());
  return result;
}

Tensor unblocked(const Tensor& blocked, std::int64_t channels) {
  const Shape& s = blocked.shape();
  Tensor plain = Tensor::allocate(blocked.dtype(), {s[0], channels, s[2], s[3]});
  unblock_tensor(blocked, plain);
  return plain;
}

void run_block(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  block_tensor(inputs[0], outputs[0]);
}

void run_unblock(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  unblock_tensor(inputs[0], outputs[0]);
}

/// What a BlockedConv convolves: X, or act(X · S + T).
Tensor scaled_input(const Node& node, std::span<const Tensor> inputs) {
  if (inputs.size() <= kScale || !inputs[kScale].defined()) return inputs[0];
  const Shape& shape = inputs[0].shape();
  const std::vector<double> x = to_doubles(inputs[0]), scale = spread(inputs[kScale], shape);
  std::vector<double> shift(x.size(), 0.0);
  if (inputs.size() > kShift && inputs[kShift].defined()) shift = spread(inputs[kShift], shape);
  const bool relu = input_has_relu(node);
  Tensor result = Tensor::allocate(inputs[0].dtype(), shape);
  dispatch_floats(result.dtype(), [&]<typename T>(std::type_identity<T>) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double value = x[i] * scale[i] + shift[i];
      result.data<T>()[i] = store<T>(relu && value < 0 ? 0 : value);
    }
  });
  return result;
}

/// The greatest of every 2 × 2 pixels; NaN, if one is.
Tensor pooled(const Tensor& image) {
  const Shape& s = image.shape();
  const std::int64_t height = s[2] / 2, width = s[3] / 2;
  Tensor result = Tensor::allocate(image.dtype(), {s[0], s[1], height, width});
  dispatch_floats(image.dtype(), [&]<typename T>(std::type_identity<T>) {
    T* to = result.data<T>();
    for (std::int64_t plane = 0; plane < s[0] * s[1]; ++plane) {
      for (std::int64_t y = 0; y < height; ++y) {
        for (std::int64_t x = 0; x < width; ++x) {
          const T* corner = image.data<T>() + (plane * s[2] + 2 * y) * s[3] + 2 * x;
          T greatest = corner[0];
          for (const T pixel : {corner[1], corner[s[3]], corner[s[3] + 1]}) {
            const double value = load(pixel);
            if (value > load(greatest) || std::isnan(value)) greatest = pixel;
          }
          *to++ = greatest;
        }
      }
    }
  });
  return result;
}

void run_blocked_conv(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  std::vector<Tensor> plain;
  for (std::size_t i = 0; i < std::min(inputs.size(), kScale); ++i) plain.push_back(inputs[i]);
  plain[0] = scaled_input(node, inputs);
  const Shape& weights = inputs[1].shape();
  if (inputs[0].rank() == 5) {
    plain[0] = unblocked(plain[0], weights[1] * checked_groups(node));
  }
  if (plain.size() > 3 && plain[3].defined()) plain[3] = unblocked(inputs[3], weights[0]);
  const ConvGeometry geometry = conv_geometry(node, plain[0].shape(), weights);
  Tensor result = Tensor::allocate(
      outputs[0].dtype(),
      {geometry.batch, geometry.out_channels, geometry.axes[0].output, geometry.axes[1].output});
  run_fused_conv(node, plain, std::span(&result, 1));
  block_tensor(pools_maxima(node) ? pooled(result) : result, outputs[0]);
}

void infer_scale_shift(InferContext& context) {
  fused_activation(context.node());
  require_dtype(context, 0, kFloatTypes);
  require_same_dtypes(context);
  for (const std::size_t index : {1, 2}) require_broadcast_to(context, index, context.input(0));
  context.set_output(0, context.input(0));
}

void run_scale_shift(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Activation activation = fused_activation(node);
  const Shape& shape = outputs[0].shape();
  const std::vector<double> x = to_doubles(inputs[0]);
  const std::vector<double> scale = spread(inputs[1], shape);
  const std::vector<double> shift = spread(inputs[2], shape);
  dispatch_floats(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      outputs[0].data<T>()[i] = store<T>(activation(x[i] * scale[i] + shift[i]));
    }
  });
}

std::vector<AttributeSpec> blocked_conv_attributes() {
  std::vector<AttributeSpec> attributes = with_activation(conv_attributes());
  attributes.push_back({"block", AttributeKind::kInt, true});
  attributes.push_back({"input_activation", AttributeKind::kString});
  attributes.push_back({"max_pool", AttributeKind::kInt});
  return attributes;
}

}  // namespace

Shape blocked_shape(const Shape& plain, std::int64_t block) {
  return {plain[0], (plain[1] + block - 1) / block, plain[2], plain[3], block};
}

bool input_has_relu(const Node& node) {
  const std::string name = node.get_string("input_activation", "");
  if (!name.empty() && name != "Relu") {
    fail(ErrorCode::kInvalidModel, node.described(), ": input_activation '", name,
         "' is neither empty nor Relu");
  }
  return !name.empty();
}

bool pools_maxima(const Node& node) {
  const std::int64_t extent = node.get_int("max_pool", 0);
  if (extent != 0 && extent != 2) {
    fail(ErrorCode::kInvalidModel, node.described(), ": max_pool is ", extent,
         ", but only 2 (and 0, for none) is known");
  }
  return extent == 2;
}

ConvGeometry blocked_conv_geometry(const Node& node) {
  Shape x = node.input(0)->type.static_shape().value();
  const Shape w = node.input(1)->type.static_shape().value();
  if (x.size() == 5) x = {x[0], w[1] * checked_groups(node), x[2], x[3]};
  return conv_geometry(node, x, w);
}

std::vector<Operator> blocked_operators() {
  return {
      {"BlockChannels",
       kFusedDomain,
       1,
       1,
       1,
       1,
       1,
       {{"block", AttributeKind::kInt, true}},
       infer_block,
       run_block},
      {"BlockedConv", kFusedDomain, 1, 2, 6, 1, 1, blocked_conv_attributes(), infer_blocked_conv,
       run_blocked_conv},
      {"ScaleShift", kFusedDomain, 1, 3, 3, 1, 1, with_activation({}), infer_scale_shift,
       run_scale_shift},
      {"UnblockChannels",
       kFusedDomain,
       1,
       1,
       1,
       1,
       1,
       {{"channels", AttributeKind::kInt, true}},
       infer_unblock,
       run_unblock},
  };
}

}  // namespace headway
