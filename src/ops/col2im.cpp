#include "ops/dims.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"
#include "ops/window.h"

namespace headway {
namespace {

using Ints = std::vector<std::int64_t>;

/// The window that slid over the image, an axis each.
std::vector<WindowAxis> windows(const Node& node, const Ints& image, const Ints& block) {
  if (image.size() != block.size() || image.empty()) {
    fail(ErrorCode::kInvalidModel, node.described(), ": image_shape has ", image.size(),
         " elements but block_shape has ", block.size());
  }
  const WindowAttributes attributes = window_attributes(node, block);
  std::vector<WindowAxis> axes;
  for (std::size_t axis = 0; axis < image.size(); ++axis) {
    axes.push_back(attributes.axis(node, axis, image[axis]));
  }
  return axes;
}

std::int64_t blocks_of(std::span<const WindowAxis> axes) {
  std::int64_t blocks = 1;
  for (const WindowAxis& axis : axes) blocks *= axis.output;
  return blocks;
}

void check_columns(InferContext& context, const Ints& image, const Ints& block) {
  const std::vector<WindowAxis> axes = windows(context.node(), image, block);
  const Dim blocks = context.input(0).shape ? context.input(0).shape->at(2) : Dim();
  if (blocks.is_static() && blocks.extent() != blocks_of(axes)) {
    context.fail("its input has ", blocks.extent(), " columns but the image has ", blocks_of(axes),
                 " blocks");
  }
}

void infer_col2im(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  require_dtype(context, 1, {DType::kInt64});
  require_dtype(context, 2, {DType::kInt64});
  require_rank(context, 0, 3);
  const TensorType& x = context.input(0);
  const std::optional<SymbolicShape> image = context.input_as_shape(1);
  const std::optional<Ints> block = known_ints(context, 2);
  if (!image) return context.set_output(0, {x.dtype, std::nullopt});
  SymbolicShape shape(2);
  if (x.shape) shape[0] = x.shape->front();
  if (x.shape && block) {
    const SymbolicShape taps = to_symbolic(*block);
    const std::optional<Dim> channels = quotient_of({&(*x.shape)[1], 1}, taps);
    if (!channels) context.fail("a block does not divide the rows of ", x.to_string());
    shape[1] = *channels;
  }
  shape.insert(shape.end(), image->begin(), image->end());
  if (const auto extents = to_static(*image); extents && block) {
    check_columns(context, *extents, *block);
  }
  context.set_output(0, {x.dtype, shape});
}

/// The element of the image channel that a tap of a block covers; -1 in the padding.
std::int64_t covered(std::span<const WindowAxis> axes, std::int64_t tap, std::int64_t block) {
  std::int64_t offset = 0, stride = 1;
  for (std::size_t axis = axes.size(); axis-- > 0;) {
    const WindowAxis& a = axes[axis];
    const std::int64_t position =
        block % a.output * a.stride - a.pad_begin + tap % a.kernel * a.dilation;
    if (position < 0 || position >= a.input) return -1;
    offset += position * stride;
    stride *= a.input;
    tap /= a.kernel;
    block /= a.output;
  }
  return offset;
}

void run_col2im(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Ints image = to_ints(inputs[1]), block = to_ints(inputs[2]);
  const std::vector<WindowAxis> axes = windows(node, image, block);
  const std::int64_t taps = product(block), blocks = blocks_of(axes), points = product(image);
  const std::int64_t channels = outputs[0].dim(0) * outputs[0].dim(1);
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = inputs[0].data<T>();
    T* y = outputs[0].data<T>();
    std::vector<Accumulated<T>> sums(static_cast<std::size_t>(points));
    for (std::int64_t channel = 0; channel < channels; ++channel) {
      std::fill(sums.begin(), sums.end(), Accumulated<T>{0});
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        for (std::int64_t b = 0; b < blocks; ++b, ++x) {
          const std::int64_t at = covered(axes, tap, b);
          if (at >= 0) sums[static_cast<std::size_t>(at)] += static_cast<Accumulated<T>>(load(*x));
        }
      }
      for (const auto sum : sums) *y++ = store<T>(sum);
    }
  });
}

}  // namespace

std::vector<Operator> col2im_operators() {
  return {{"Col2Im",
           "",
           18,
           3,
           3,
           1,
           1,
           {{"dilations", AttributeKind::kInts},
            {"pads", AttributeKind::kInts},
            {"strides", AttributeKind::kInts}},
           infer_col2im,
           run_col2im}};
}

}  // namespace headway
