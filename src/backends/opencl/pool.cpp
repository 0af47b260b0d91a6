#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "ops/pool_geometry.h"

namespace headway::opencl {
namespace {

enum PoolKind : cl_int { kMax, kMean, kMeanOfPadded, kNorm1, kNorm2 };

/// pool.cl has the same structure.
struct Windows {
  cl_int input[3], output[3], kernel[3], stride[3], dilation[3], pad_begin[3], pad_end[3];
};

Windows windows_of(const PoolGeometry& geometry) {
  std::vector<WindowAxis> axes = geometry.axes;
  while (axes.size() < 3) axes.insert(axes.begin(), {1, 1, 1, 1, 0, 0, 1});
  Windows windows{};
  for (std::size_t i = 0; i < 3; ++i) {
    windows.input[i] = static_cast<cl_int>(axes[i].input);
    windows.output[i] = static_cast<cl_int>(axes[i].output);
    windows.kernel[i] = static_cast<cl_int>(axes[i].kernel);
    windows.stride[i] = static_cast<cl_int>(axes[i].stride);
    windows.dilation[i] = static_cast<cl_int>(axes[i].dilation);
    windows.pad_begin[i] = static_cast<cl_int>(axes[i].pad_begin);
    windows.pad_end[i] = static_cast<cl_int>(axes[i].pad_end);
  }
  return windows;
}

class PoolStep final : public Step {
 public:
  PoolStep(PoolKind kind, const Node& node, const PoolGeometry& geometry)
      : kind_(kind),
        count_(elements_of(node.output())),
        by_column_(node.get_int("storage_order", 0) != 0 ? 1 : 0),
        windows_(windows_of(geometry)) {
    elements_of(node.input(0));
  }

  void record(Commands& commands, const Operands& operands) const override {
    const Buffer indices = operands.outputs.size() > 1 ? operands.outputs[1] : nullptr;
    commands.launch({"pool.cl", "pool"}, work_for(count_), operands.inputs[0], operands.outputs[0],
                    indices, count_, cl_int{kind_}, by_column_, windows_);
  }

 private:
  PoolKind kind_;
  cl_int count_, by_column_;
  Windows windows_;
};

}  // namespace

std::unique_ptr<Step> lower_pool(const Node& node, Lowering&) {
  const PoolGeometry geometry = pool_geometry(node);
  const std::int64_t p = node.get_int("p", 2);
  if (!is_float(node.input(0)) || node.output() == nullptr || geometry.axes.empty() ||
      geometry.axes.size() > 3 || (p != 1 && p != 2)) {
    return nullptr;
  }
  PoolKind kind = geometry.count_include_pad ? kMeanOfPadded : kMean;
  if (node.is("MaxPool")) kind = kMax;
  if (node.is("LpPool")) kind = p == 1 ? kNorm1 : kNorm2;
  return std::make_unique<PoolStep>(kind, node, geometry);
}

}  // namespace headway::opencl
