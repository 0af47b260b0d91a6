#include <array>

#include "families.h"
#include "ops/onnx_dtype.h"

namespace headway::differential {
namespace {

void constant_of_shape(Builder& b) {
  const Shape shape = b.shape(0, 4);
  Attributes attributes;
  const DType dtype = b.pick(anything());
  const bool valued = b.chance(70);
  if (valued) attributes["value"] = random_tensor(dtype, {1}, Fill::kPlain, b.random());
  b.node("ConstantOfShape", {b.ints(shape)}, attributes, {valued ? dtype : DType::kFloat32});
}

void eye_like(Builder& b) {
  const DTypeList dtypes = {DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt64,
                            DType::kUInt64};
  const ValueId x = b.value(dtypes, 2, 2);
  Attributes attributes;
  if (b.chance(50)) attributes["k"] = b.between(-3, 3);
  const DType dtype = b.chance(50) ? b.pick(dtypes) : b.dtype_of(x);
  if (dtype != b.dtype_of(x)) attributes["dtype"] = onnx_number_of(dtype);
  b.node("EyeLike", {x}, attributes, {dtype});
}

void range(Builder& b) {
  const DTypeList dtypes = {DType::kFloat32, DType::kFloat64, DType::kInt16, DType::kInt32,
                            DType::kInt64};
  const DType dtype = b.pick(dtypes);
  const double delta = static_cast<double>(b.pick(Ints{1, 2, 3, -1, -2}));
  b.node("Range",
         {b.scalar(dtype, static_cast<double>(b.between(-5, 5))),
          b.scalar(dtype, static_cast<double>(b.between(-5, 15))), b.scalar(dtype, delta)});
}

/// What models compute shapes with: the extents of one value, rearranged, become those of another.
void shape_arithmetic(Builder& b) {
  const ValueId x = b.value(floats(), 2, 4);
  const ValueId shape = b.node("Shape", {x}, {}, {DType::kInt64});
  const ValueId first = b.node("Gather", {shape, b.constant(Tensor::from<std::int64_t>({}, {0}))});
  const ValueId row = b.node("Unsqueeze", {first, b.ints({0})});
  const ValueId target = b.node("Concat", {row, b.ints({-1})}, {{"axis", std::int64_t{0}}});
  b.node("Reshape", {x, target});
}

void shape_of(Builder& b) {
  const ValueId x = b.value(anything(), 0, 5);
  Attributes attributes;
  if (b.chance(40)) attributes["start"] = b.between(-6, 6);
  if (b.chance(40)) attributes["end"] = b.between(-6, 6);
  if (b.chance(30)) {
    b.node("Size", {x}, {}, {DType::kInt64});
  } else {
    b.node("Shape", {x}, attributes, {DType::kInt64});
  }
}

void window(Builder& b) {
  Attributes attributes;
  if (b.chance(60)) attributes["periodic"] = b.between(0, 1);
  const ValueId size = b.constant(Tensor::from<std::int64_t>({}, {b.between(2, 30)}));
  b.node(b.pick({"HannWindow", "HammingWindow", "BlackmanWindow"}), {size}, attributes,
         {DType::kFloat32});
}

void fourier(Builder& b) {
  const bool complex = b.chance(40);
  const Shape shape = {b.between(1, 2), b.between(1, 16), complex ? 2 : 1};
  Attributes attributes;
  if (!complex && b.chance(50)) attributes["onesided"] = std::int64_t{1};
  if (complex && b.chance(50)) attributes["inverse"] = std::int64_t{1};
  b.node("DFT",
         {b.operand(b.pick(DTypeList{DType::kFloat32, DType::kFloat64}), shape, Fill::kPlain)},
         attributes);
}

void dropout(Builder& b) {
  const ValueId x = b.value(floats(), 0, 4);
  if (b.chance(60)) {
    b.node("Dropout", {x});
  } else {
    b.nodes("Dropout", {x}, {}, {b.dtype_of(x), DType::kBool});
  }
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>(
    {constant_of_shape, eye_like, range, shape_arithmetic, shape_of, window, fourier, dropout});

}  // namespace

Family creation_family() {
  return {"creation", kGenerators};
}

}  // namespace headway::differential
