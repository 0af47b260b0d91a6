#pragma once

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "headway/model.h"
#include "headway/session.h"

#include "base/cpu.h"
#include "base/random.h"
#include "graph/text.h"
#include "ops/operator.h"

namespace headway {

inline Graph typed_graph(const std::string& text) {
  Graph graph = parse_graph(text);
  infer_types(graph);
  return graph;
}

inline Model model_of(const std::string& text) {
  return Model(typed_graph(text));
}

/// Normally distributed elements.
inline Tensor random_tensor(const Shape& shape, std::uint64_t seed) {
  Random random(seed);
  Tensor tensor = Tensor::allocate(DType::kFloat32, shape);
  for (float& element : tensor.values<float>()) element = random.normal();
  return tensor;
}

/// Largest difference over largest magnitude; infinite if shapes differ or anything is not finite.
inline double relative_error(const Tensor& actual, const Tensor& expected) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  if (actual.shape() != expected.shape() || actual.dtype() != expected.dtype()) return kInfinite;
  const Tensor a = actual.to(DType::kFloat64), b = expected.to(DType::kFloat64);
  double largest = 1e-6, error = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const double x = a.data<double>()[i], y = b.data<double>()[i];
    if (!std::isfinite(x) || !std::isfinite(y)) return kInfinite;
    largest = std::max(largest, std::abs(y));
    error = std::max(error, std::abs(x - y));
  }
  return error / largest;
}

/// The instruction sets that this machine can run.
inline std::vector<std::string> available_isas() {
  std::vector<std::string> names;
  for (const Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512}) {
    if (isa <= detect_cpu().best_isa()) names.emplace_back(name_of(isa));
  }
  return names;
}

/// Sets an environment variable for the life of the object.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    setenv(name, value.c_str(), 1);
  }
  ~ScopedVariable() {
    if (old_.empty()) {
      unsetenv(name_);
    } else {
      setenv(name_, old_.c_str(), 1);
    }
  }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
  std::string old_;
};

}  // namespace headway
