#include "conformance/run_case.h"

#include <cstring>

#include "headway/session.h"

#include "base/error.h"
#include "conformance/read_value.h"
#include "tensor/compare.h"

namespace headway::conformance {
namespace {

constexpr int kThreads = 2;

std::string difference(const Tensor& actual, const Tensor& expected, const Case& test) {
  if (actual.dtype() != expected.dtype())
    return concat("is ", name_of(actual.dtype()), " and should be ", name_of(expected.dtype()));
  if (actual.shape() != expected.shape())
    return concat("is ", to_string(actual.shape()), " and should be ", to_string(expected.shape()));
  if (!is_floating_point(expected.dtype())) {
    const bool equal = std::memcmp(actual.raw(), expected.raw(), expected.byte_size()) == 0;
    return equal ? "" : "has other elements than it should";
  }
  const Comparison comparison = compare(actual, expected, test.atol, test.rtol);
  if (comparison.agrees()) return "";
  return concat(comparison.mismatches, " of ", comparison.size, " elements differ, by up to ",
                comparison.max_abs);
}

std::string run_data_set(Session& session, const DataSet& set, const Case& test) {
  std::vector<Tensor> inputs;
  for (const auto& file : set.inputs) inputs.push_back(read_value(file));
  const std::span<const Tensor> outputs = session.run(inputs);
  if (outputs.size() != set.outputs.size())
    return concat("there are ", outputs.size(), " outputs and should be ", set.outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string wrong = difference(outputs[i], read_value(set.outputs[i]), test);
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
      const std::string wrong = run_data_set(session, set, test);
      if (!wrong.empty()) return wrong;
    }
    return "";
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace headway::conformance
