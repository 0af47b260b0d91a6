#include <vector>

#include "backends/cpu/lowering.h"
#include "ops/operator.h"

namespace headway::cpu {
namespace {

struct OperandType {
  bool present = false;
  DType dtype = DType::kFloat32;
  Shape shape;
};

OperandType type_of(const Value* value) {
  if (value == nullptr) return {};
  return {true, value->type.dtype, value->type.static_shape().value()};
}

Tensor bind(const OperandType& type, const void* data) {
  if (!type.present || data == nullptr) return {};
  return Tensor::borrow(const_cast<void*>(data), type.dtype, type.shape, nullptr);
}

class ReferenceStep final : public Step {
 public:
  explicit ReferenceStep(const Node& node) : kernel_(operator_of(node).reference) {
    std::vector<Value*> inputs;
    for (const Value* input : node.inputs()) {
      inputs_.push_back(type_of(input));
      inputs.push_back(input ? graph_.add_input("", input->type) : nullptr);
    }
    std::vector<std::string> names;
    for (const Value* output : node.outputs()) {
      outputs_.push_back(type_of(output));
      names.push_back("");
    }
    node_ =
        graph_.add_node(node.op_type(), inputs, names, node.attributes, node.name(), node.domain());
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (node.output(i)) node_->output(i)->type = node.output(i)->type;
    }
  }

  void run(const Operands& operands, ThreadPool&) const override {
    std::vector<Tensor> inputs(inputs_.size()), outputs(outputs_.size());
    for (std::size_t i = 0; i < inputs.size(); ++i)
      inputs[i] = bind(inputs_[i], operands.inputs[i]);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      outputs[i] = bind(outputs_[i], operands.outputs[i]);
    }
    kernel_(*node_, inputs, outputs);
  }

  bool is_reference() const override { return true; }

 private:
  ReferenceKernel kernel_;
  Graph graph_;  ///< Holds the one node, so that the program's graph may be discarded.
  Node* node_ = nullptr;
  std::vector<OperandType> inputs_, outputs_;
};

}  // namespace

std::unique_ptr<Step> lower_to_reference(const Node& node) {
  return std::make_unique<ReferenceStep>(node);
}

}  // namespace headway::cpu
