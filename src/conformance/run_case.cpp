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

std::string difference_of_numbers(const Tensor& actual, const Tensor& expected, double rtol,
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
    return difference_of_numbers(actual.to(DType::kFloat32), expected.to(DType::kFloat32), 0, 0);
  if (!is_floating_point(dtype)) {
    if (equal(actual, expected)) return "";
    const bool is_number = dtype != DType::kString && dtype != DType::kBool;
    return is_number ? difference_of_numbers(actual, expected, 0, 0)
                     : "has other elements than it should";
  }
  const double rtol =
      dtype == DType::kBFloat16 ? std::max(test.rtol, kBFloat16Tolerance) : test.rtol;
  return difference_of_numbers(actual, expected, rtol, test.atol);
}

std::string difference(const Datum& actual, const Datum& expected, const Case& test) {
  if (actual.is_tensor() && expected.is_tensor()) {
    const Tensor wanted = as_declared(expected.tensor(), actual.dtype());
    return difference(actual.tensor(), wanted, test);
  }
  const bool same_kind = actual.is_sequence() == expected.is_sequence() &&
                         actual.is_nothing() == expected.is_nothing();
  if (!same_kind) return concat("is ", actual.described(), " and should be ", expected.described());
  if (actual.is_nothing()) return "";
  if (actual.elements().size() != expected.elements().size())
    return concat("is ", actual.described(), " and should be ", expected.described());
  for (std::size_t i = 0; i < actual.elements().size(); ++i) {
    const std::string wrong = difference(actual.elements()[i], expected.elements()[i], test);
    if (!wrong.empty()) return concat("element ", i, " ", wrong);
  }
  return "";
}

std::string run_data_set(Session& session, const Model& model, const DataSet& set,
                         const Case& test) {
  const std::vector<ValueInfo> declared = model.inputs(), results = model.outputs();
  std::vector<Datum> inputs;
  for (std::size_t i = 0; i < set.inputs.size(); ++i) {
    const ValueInfo info = i < declared.size() ? declared[i] : ValueInfo();
    Datum input = read_value(set.inputs[i], info.container);
    inputs.push_back(input.is_tensor() ? as_declared(input.tensor(), info.dtype) : input);
    // An empty file says nothing about its elements.
    if (input.is_sequence() && input.elements().empty())
      inputs.back() = Datum::sequence(info.dtype, {});
  }
  const std::span<const Datum> outputs = session.evaluate(inputs);
  if (outputs.size() != set.outputs.size())
    return concat("there are ", outputs.size(), " outputs and should be ", set.outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Datum expected = read_value(set.outputs[i], results[i].container);
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
    const Model model = Model::load(test.folder / "model.onnx");
    Session session(model.compile(options));
    for (const DataSet& set : data_sets_of(test)) {
      const std::string wrong = run_data_set(session, model, set, test);
      if (!wrong.empty()) return wrong;
    }
    return "";
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace headway::conformance
