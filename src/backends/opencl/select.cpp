#include "backends/opencl/element_types.h"
#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "backends/opencl/walk.h"
#include "base/error.h"

namespace headway::opencl {
namespace {

class SelectStep final : public Step {
 public:
  SelectStep(const Node& node, const Walk& walk)
      : options_(concat("-DT=", moved_type(size_of(node.output()->type.dtype)))),
        count_(elements_of(node.output())),
        walk_(walk) {}

  void record(Commands& commands, const Operands& operands) const override {
    commands.launch({"select.cl", "select_elements", options_}, work_for(count_),
                    operands.inputs[0], operands.inputs[1], operands.inputs[2], operands.outputs[0],
                    count_, walk_);
  }
  bool may_overwrite(std::size_t input) const override { return input != 0; }

 private:
  std::string options_;
  cl_int count_;
  Walk walk_;
};

}  // namespace

std::unique_ptr<Step> lower_where(const Node& node, Lowering&) {
  const auto walk = broadcast_walk(shape_of(node.output()), shape_of(node.input(0)),
                                   shape_of(node.input(1)), shape_of(node.input(2)));
  return walk ? std::make_unique<SelectStep>(node, *walk) : nullptr;
}

}  // namespace headway::opencl
