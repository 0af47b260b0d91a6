#include "backends/opencl/product.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "backends/opencl/operands.h"
#include "base/error.h"

namespace headway::opencl {
namespace {

using Axis = MatrixProduct::Axis;

constexpr std::int64_t kDepth = 16;            ///< DEPTH of matmul.cl.
constexpr std::int64_t kLeastSplitDepth = 64;  ///< Less is not worth a second pass.
constexpr std::int64_t kMostSplits = 32;
constexpr std::int64_t kFewRows = 2;  ///< That reading b once for each is no loss.

/// matmul.cl has the same structures.
struct Strides {
  cl_int offset, outer, inner, row, column;
};
struct Product {
  cl_int m, n, k, inner, splits, split_depth;
  Strides operands[kProductOperands];
  cl_float alpha, beta;
  cl_int activation;
  cl_float activation_a, activation_b;
};

std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// One axis out of two, if every operand walks them as one.
bool join(Axis& outer, const Axis& inner) {
  for (std::size_t i = 0; i < kProductOperands; ++i) {
    if (outer.strides[i] != inner.strides[i] * inner.extent) return false;
  }
  outer = {outer.extent * inner.extent, inner.strides};
  return true;
}

/// The innermost batch axis becomes part of the rows, if b is the same along it.
bool join_rows(MatrixProduct& product) {
  const Axis& axis = product.batch.back();
  if (axis.strides[kB] != 0) return false;
  for (const std::size_t i : {kA, kBias, kResidual, kY}) {
    if (product.m == 1) product.row[i] = axis.strides[i];
    if (axis.strides[i] != product.row[i] * product.m) return false;
  }
  product.m *= axis.extent;
  product.batch.pop_back();
  return true;
}

/// yᵀ = bᵀ · aᵀ, for b to be the operand that is read once where it has one column.
MatrixProduct transposed(MatrixProduct product) {
  std::swap(product.m, product.n);
  std::swap(product.row, product.column);
  for (ProductStrides* strides : {&product.row, &product.column, &product.offset})
    std::swap((*strides)[kA], (*strides)[kB]);
  for (Axis& axis : product.batch) std::swap(axis.strides[kA], axis.strides[kB]);
  return product;
}

}  // namespace

MatrixProduct MatrixProduct::simplified() const {
  MatrixProduct result = *this;
  std::erase_if(result.batch, [](const Axis& axis) { return axis.extent == 1; });
  std::vector<Axis> joined;
  for (const Axis& axis : result.batch) {
    if (joined.empty() || !join(joined.back(), axis)) joined.push_back(axis);
  }
  result.batch = std::move(joined);
  while (!result.batch.empty() && join_rows(result)) {
  }
  return result;
}

ProductPlan::ProductPlan(const MatrixProduct& product, const Device& device)
    : is_transposed_(product.n == 1),
      product_((is_transposed_ ? transposed(product) : product).simplified()) {
  if (product_.m <= kFewRows) {
    kind_ = product_.row[kB] == 1 ? Kind::kDots : Kind::kColumns;
  } else {
    choose_tiles(device);
  }
}

ProductPlan::ProductPlan(const MatrixProduct& product, const Device& device, ConvColumns columns)
    : product_(product), columns_(std::move(columns)) {
  choose_tiles(device);
}

/// The largest tiles that keep all units of the device busy, or else small ones and several splits.
void ProductPlan::choose_tiles(const Device& device) {
  const auto groups = [&](std::int64_t tile) {
    return batch_size() * ceil_div(product_.m, tile) * ceil_div(product_.n, tile);
  };
  const auto fits = [&](std::int64_t tile, std::int64_t least_groups) {
    return 2 * std::min(product_.m, product_.n) > tile && groups(tile) >= least_groups;
  };
  const std::int64_t units = device.compute_units;
  tile_ = fits(128, 2 * units) ? 128 : fits(64, units) ? 64 : 32;
  const std::int64_t missing = 2 * units / std::max<std::int64_t>(groups(tile_), 1);
  const std::int64_t most =
      product_.may_split ? std::min(kMostSplits, product_.k / kLeastSplitDepth) : 1;
  const std::int64_t splits = std::max<std::int64_t>(std::min(missing, most), 1);
  split_depth_ = std::max(ceil_div(ceil_div(product_.k, splits), kDepth), std::int64_t{1}) * kDepth;
  splits_ = std::max<std::int64_t>(ceil_div(product_.k, split_depth_), 1);
}

std::int64_t ProductPlan::batch_size() const {
  std::int64_t size = 1;
  for (const Axis& axis : product_.batch) size *= axis.extent;
  return size;
}

std::size_t ProductPlan::scratch_bytes() const {
  if (splits_ == 1) return 0;
  return static_cast<std::size_t>(splits_ * batch_size() * product_.m * product_.n) * sizeof(float);
}

std::string ProductPlan::algorithm() const {
  if (kind_ == Kind::kDots) return "dots";
  if (kind_ == Kind::kColumns) return "columns";
  return concat("tiles of ", tile_, splits_ > 1 ? concat(", k in ", splits_) : "");
}

/// The kernels walk two batch axes; what is beyond them is done product by product.
void ProductPlan::record(Commands& commands, const ProductBuffers& buffers,
                         const Buffer& scratch) const {
  const std::size_t beyond = product_.batch.size() > 2 ? product_.batch.size() - 2 : 0;
  std::vector<ProductStrides> all(1, product_.offset);
  for (std::size_t axis = 0; axis < beyond; ++axis) {
    std::vector<ProductStrides> longer;
    for (const ProductStrides& offsets : all) {
      for (std::int64_t i = 0; i < product_.batch[axis].extent; ++i) {
        longer.push_back(offsets);
        for (std::size_t j = 0; j < kProductOperands; ++j)
          longer.back()[j] += i * product_.batch[axis].strides[j];
      }
    }
    all = std::move(longer);
  }
  for (const ProductStrides& offsets : all) record_one(commands, buffers, scratch, offsets);
}

void ProductPlan::record_one(Commands& commands, const ProductBuffers& buffers,
                             const Buffer& scratch, const ProductStrides& offsets) const {
  const std::size_t axes = product_.batch.size();
  const Axis inner = axes > 0 ? product_.batch[axes - 1] : Axis{};
  const Axis outer = axes > 1 ? product_.batch[axes - 2] : Axis{};
  const ActivationArguments& activation = product_.activation;
  Product p{narrow(product_.m),
            narrow(product_.n),
            narrow(product_.k),
            narrow(inner.extent),
            narrow(splits_),
            narrow(split_depth_),
            {},
            product_.alpha,
            product_.beta,
            activation.kind,
            activation.a,
            activation.b};
  for (std::size_t i = 0; i < kProductOperands; ++i) {
    p.operands[i] = {narrow(offsets[i]), narrow(outer.strides[i]), narrow(inner.strides[i]),
                     narrow(product_.row[i]), narrow(product_.column[i])};
  }
  const auto& [left, right, bias, residual, y] = buffers;
  const auto& [a, b] = is_transposed_ ? std::tie(right, left) : std::tie(left, right);
  const auto m = static_cast<std::size_t>(product_.m), n = static_cast<std::size_t>(product_.n);
  const auto batch = static_cast<std::size_t>(inner.extent * outer.extent);
  if (kind_ == Kind::kDots) {
    commands.launch({"matmul.cl", "product_dots"}, {{n * 64, m, batch}, {64, 1, 1}}, p, a, b, bias,
                    residual, y);
    return;
  }
  if (kind_ == Kind::kColumns) {
    commands.launch({"matmul.cl", "product_columns"},
                    {{(n + 15) / 16 * 16, m * 16, batch}, {16, 16, 1}}, p, a, b, bias, residual, y);
    return;
  }
  const auto tile = static_cast<std::size_t>(tile_), threads = std::min(tile / 4, std::size_t{16});
  const WorkSize size{{(n + tile - 1) / tile * threads, (m + tile - 1) / tile * threads,
                       batch * static_cast<std::size_t>(splits_)},
                      {threads, threads, 1}};
  const std::string options = concat("-DTHREADS=", threads, " -DBLOCKS=", tile / threads / 4);
  if (columns_.taps != nullptr) {
    commands.launch({"matmul.cl", "product_tiles", concat(options, " -DWINDOWS")}, size, p, a, b,
                    bias, residual, y, scratch, columns_.window, columns_.taps);
  } else {
    commands.launch({"matmul.cl", "product_tiles", options}, size, p, a, b, bias, residual, y,
                    scratch);
  }
  if (splits_ > 1) {
    commands.launch({"matmul.cl", "product_finish"}, {{(n + 63) / 64 * 64, m, batch}, {64, 1, 1}},
                    p, scratch, bias, residual, y);
  }
}

}  // namespace headway::opencl
