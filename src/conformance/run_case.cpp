#include "conformance/run_case.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "headway/session.h"

#include "base/error.h"
#include "conformance/read_value.h"
#include "tensor/compare.h"

namespace headway::conformance {
namespace {

constexpr int kThreads = 2;
constexpr double kBFloat16Tolerance = 0x1p-6;  // As ONNX's own runner has it.

/// ONNX 1.12 wrote bfloat16 elements as uint16, since numpy has no such dtype.
Tensor as_declared(Tensor tensor, DType declared) {
  if (tensor.dtype() != DType::kUInt16 || declared != DType::kBFloat16) return tensor;
  const auto owner = std::make_shared<const Tensor>(tensor);
  return Tensor::borrow(tensor.raw(), declared, tensor.shape(), owner);
}

std::string difference_of_floats(const Tensor& actual, const Tensor& expected, double rtol,
                                 double atol) {
  const Comparison comparison = compare(actual, expected, atol, rtol);
  if (comparison.agrees()) return "";
  return concat(comparison.mismatches, " of ", comparison.size, " elements differ, by up to ",
                comparison.max_abs);
}

bool equal(const Tensor& actual, const Tensor& expected) {
  if (expected.dtype() == DType::kString)
    return std::ranges::equal(actual.values<std::string>(), expected.values<std::string>());
  return std::memcmp(actual.raw(), expected.raw(), expected.byte_size()) == 0;
}

std::string difference(const Tensor& actual, const Tensor& expected, const Case& test) {
  const DType dtype = expected.dtype();
  if (actual.dtype() != dtype)
    return concat("is ", name_of(actual.dtype()), " and should be ", name_of(dtype));
  if (actual.shape() != expected.shape())
    return concat("is ", to_string(actual.shape()), " and should be ", to_string(expected.shape()));
  if (is_narrow(dtype))
    return difference_of_floats(actual.to(DType::kFloat32), expected.to(DType::kFloat32), 0, 0);
  if (!is_floating_point(dtype))
    return equal(actual, expected) ? "" : "has other elements than it should";
  const double rtol =
      dtype == DType::kBFloat16 ? std::max(test.rtol, kBFloat16Tolerance) : test.rtol;
  return difference_of_floats(actual, expected, rtol, test.atol);
}

std::string run_data_set(Session& session, const std::vector<ValueInfo>& declared,
                         const DataSet& set, const Case& test) {
  std::vector<Tensor> inputs;
  for (const auto& file : set.inputs) {
    inputs.push_back(read_value(file));
    if (inputs.size() <= declared.size())
      inputs.back() = as_declared(inputs.back(), declared[inputs.size() - 1].dtype);
  }
  const std::span<const Tensor> outputs = session.run(inputs);
  if (outputs.size() != set.outputs.size())
    return concat("there are ", outputs.size(), " outputs and should be ", set.outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Tensor expected = as_declared(read_value(set.outputs[i]), outputs[i].dtype());
    const std::string wrong = difference(outputs[i], expected, test);
    if (!wrong.empty()) return concat("output ", i, " ", wrong);
  }
  return "";
}

}  // namespace

std::string run_case(const Case& test, bool reference) {
  try {
    CompileOptions options;
    options.threads = kThreads;
    options.reference = reference;
    options.fuse = !reference;
    options.tune = Tune::kOff;
    const Program program = Model::load(test.folder / "model.onnx").compile(options);
    Session session(program);
    for (const DataSet& set : data_sets_of(test)) {
      const std::string wrong = run_data_set(session, program.inputs(), set, test);
      if (!wrong.empty()) return wrong;
    }
    return "";
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace headway::conformance
