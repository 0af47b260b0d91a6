#pragma once

#include <string>
#include <vector>

#include "bench/worker.h"

namespace headway::bench {

/// A model that make_models.py wrote, with its inputs and the outputs PyTorch computed.
struct TestModel {
  std::string path;  ///< Without extension.
  std::vector<NamedTensor> inputs;
  std::vector<NamedTensor> outputs;
};

/// Whether make_models.py could write its models here.
bool have_models();

TestModel residual_model();
TestModel two_output_model();

/// Expects the same shapes and dtypes, and values within 1e-3 of the largest.
void expect_agreement(const std::vector<NamedTensor>& actual,
                      const std::vector<NamedTensor>& expected);

}  // namespace headway::bench
