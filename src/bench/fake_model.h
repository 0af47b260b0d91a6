#pragma once

#include "bench/model_source.h"

namespace headway::bench {

/// A model that only fake runtimes can load, and whose outputs are its inputs. It lets the harness
/// be tried and tested without an engine: `headway bench fake --runtimes
/// fake:delay=1ms,fake:delay=2ms`.
class FakeModel : public ModelSource {
 public:
  /// One float32 input of this shape.
  explicit FakeModel(Shape shape) : shape_(std::move(shape)) {}

  ModelFacts facts() const override { return {"fake", 0, 0}; }
  std::vector<InputSpec> inputs() const override { return {{"x", DType::kFloat32, shape_}}; }
  std::filesystem::path path_for(ModelFormat) override { return "fake"; }
  std::vector<NamedTensor> reference(const std::vector<NamedTensor>& inputs) override {
    return inputs;
  }

 private:
  Shape shape_;
};

}  // namespace headway::bench
