#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "backends/opencl/activation.h"
#include "backends/opencl/step.h"

namespace headway::opencl {

/// The operands of a product of matrices, as indices.
enum ProductOperand : std::size_t { kA, kB, kBias, kResidual, kY, kProductOperands };

/// Elements from one to the next, by operand.
using ProductStrides = std::array<std::int64_t, kProductOperands>;

/// y = act(alpha · a · b + beta · bias + residual), a [m, k], b [k, n], all else [m, n], for each
/// index of the batch axes. Operands lie anywhere: 0 is the stride along an axis where an operand
/// is repeated.
struct MatrixProduct {
  struct Axis {
    std::int64_t extent = 1;
    ProductStrides strides{};
  };

  std::int64_t m = 1, n = 1, k = 1;
  ProductStrides row{}, column{};
  std::vector<Axis> batch;  ///< Outermost first.
  ProductStrides offset{};  ///< Where the operands begin.
  float alpha = 1, beta = 1;
  ActivationArguments activation;
  bool may_split = true;  ///< Whether there may be scratch memory for sums of parts of k.

  /// The same with as few batch axes as possible.
  MatrixProduct simplified() const;
};

/// One spatial axis of a convolution or more, as matmul.cl takes them; extents of 1 come first.
struct ConvWindow {
  cl_int input[3], output[3], stride[3], pad[3];
};

/// b as the input of a convolution: row (channel, tap), column output point.
struct ConvColumns {
  ConvWindow window{};
  Buffer taps;  ///< int4 of each row of b: how far in depth, rows, columns, and elements.
};

/// Buffers in the order of ProductOperand; nullptr for a bias or residual that there is not.
using ProductBuffers = std::array<Buffer, kProductOperands>;

/// How a device computes a MatrixProduct: tiles of which size, in how many splits of k.
class ProductPlan {
 public:
  /// With `columns`, b is what they say, with batch axes alone as its strides.
  ProductPlan(const MatrixProduct& product, const Device& device);
  ProductPlan(const MatrixProduct& product, const Device& device, ConvColumns columns);

  std::size_t scratch_bytes() const;  ///< For the sums of splits; 0 if there is one.
  std::string algorithm() const;      ///< "tiles of 64", "tiles of 32, k in 4", "dots", …
  void record(Commands& commands, const ProductBuffers& buffers, const Buffer& scratch) const;

 private:
  enum class Kind { kTiles, kDots, kColumns };

  void choose_tiles(const Device& device);
  std::int64_t batch_size() const;
  void record_one(Commands& commands, const ProductBuffers& buffers, const Buffer& scratch,
                  const ProductStrides& offsets) const;

  bool is_transposed_ = false;
  MatrixProduct product_;
  ConvColumns columns_;
  Kind kind_ = Kind::kTiles;
  std::int64_t tile_ = 64, splits_ = 1, split_depth_ = 0;
};

}  // namespace headway::opencl
