#include "check.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iomanip>

#include "base/error.h"
#include "engine.h"
#include "formats/onnx/write.h"
#include "tolerance.h"

namespace headway::differential {
namespace {

constexpr double kTiny = 1e-37;  // Numbers this small may be flushed to zero on the way.

class Comparer {
 public:
  explicit Comparer(const Case& wanted) : case_(wanted) {}

  /// Empty if all is well.
  std::optional<Finding> compare(const std::vector<Tensor>& actual,
                                 const std::vector<Tensor>& expected, bool fused) {
    if (actual.size() != expected.size())
      return Finding{"outputs", "", concat(actual.size(), " and not ", expected.size())};
    for (std::size_t i = 0; i < actual.size(); ++i) {
      const Tensor &a = actual[i], &b = expected[i];
      if (a.dtype() != b.dtype())
        return Finding{
            "dtype", "",
            concat("output ", i, " is ", name_of(a.dtype()), " and not ", name_of(b.dtype()))};
      if (a.shape() != b.shape())
        return Finding{
            "shape", "",
            concat("output ", i, " is ", to_string(a.shape()), " and not ", to_string(b.shape()))};
      if (auto finding = compare_elements(i, a, b, fused)) return finding;
    }
    return std::nullopt;
  }

 private:
  std::optional<Finding> compare_elements(std::size_t output, const Tensor& actual,
                                          const Tensor& expected, bool fused) {
    if (std::memcmp(actual.raw(), expected.raw(), actual.byte_size()) == 0) return std::nullopt;
    const Tensor a = actual.to(DType::kFloat64), b = expected.to(DType::kFloat64);
    std::int64_t differing = 0, first = -1;
    for (std::int64_t i = 0; i < a.size(); ++i) {
      const double x = a.data<double>()[i], y = b.data<double>()[i];
      if (x == y || (std::isnan(x) && std::isnan(y))) continue;
      const double slack = this->slack(fused)[output].data<double>()[i];
      if (std::abs(x - y) <= slack + kTiny || std::isinf(slack)) continue;
      if (differing++ == 0) first = i;
    }
    if (differing == 0) return std::nullopt;
    const double slack = this->slack(fused)[output].data<double>()[first];
    return Finding{"values", "",
                   concat(std::setprecision(9), differing, " of ", a.size(), " elements of output ",
                          output, " differ; number ", first, " is ", a.data<double>()[first],
                          " and not ", b.data<double>()[first], " (allowed: ", slack, ")")};
  }

  const std::vector<Tensor>& slack(bool fused) {
    std::optional<std::vector<Tensor>>& known = slack_[fused ? 1 : 0];
    if (!known) known = slack_of(case_, fused);
    return *known;
  }

  const Case& case_;
  std::optional<std::vector<Tensor>> slack_[2];
};

/// Whether the reference kernels could compute every node by itself.
bool is_computed(const Case& wanted) {
  return std::ranges::all_of(wanted.nodes, [&](const CaseNode& node) {
    return std::ranges::all_of(node.outputs, [&](ValueId id) {
      return id == kOmitted || wanted.values[static_cast<std::size_t>(id)].tensor.defined();
    });
  });
}

/// Headway's ways against its reference.
std::optional<Finding> check_paths(const std::vector<Path>& paths, const std::string& model,
                                   const std::vector<Tensor>& inputs, const Outcome& reference,
                                   Comparer& comparer) {
  for (const Path& path : paths) {
    if (path.reference) continue;
    const Outcome outcome = run_headway(path, model, inputs);
    if (!outcome.ran()) {
      if (!reference.ran()) continue;
      return Finding{"headway-refuses", path.name, outcome.refusal};
    }
    if (!reference.ran())
      return Finding{"paths", path.name,
                     concat("it runs, but the reference says: ", reference.refusal)};
    if (auto finding = comparer.compare(outcome.outputs, reference.outputs, path.fuse)) {
      finding->path = path.name;
      finding->kind = "paths-" + finding->kind;
      return finding;
    }
  }
  return std::nullopt;
}

}  // namespace

Checked check(const Case& wanted, Peer& peer) {
  const std::string model = to_onnx(graph_of(wanted));
  std::vector<Tensor> inputs;
  std::vector<bench::NamedTensor> named;
  for (const ValueId id : inputs_of(wanted)) {
    inputs.push_back(wanted.values[static_cast<std::size_t>(id)].tensor);
    named.push_back({name_of_value(wanted, id), inputs.back()});
  }
  const std::vector<Path> paths = paths_of(wanted.seed);
  const Outcome reference = run_headway(paths[0], model, inputs);
  const Outcome theirs = peer.run(model, named);
  if (reference.ran() && !is_computed(wanted))
    return {
        Finding{"paths", "reference", "the model runs, but one of its nodes by itself is refused"},
        theirs.ran()};
  Comparer comparer(wanted);
  const bool both = reference.ran() && theirs.ran();
  if (theirs.crashed) return {Finding{"peer-crashes", "", theirs.refusal}, false};
  if (theirs.ran() && !reference.ran())
    return {Finding{"headway-refuses", "reference", reference.refusal}, false};
  if (both) {
    if (auto finding = comparer.compare(reference.outputs, theirs.outputs, false)) {
      finding->path = "reference";
      return {finding, true};
    }
  }
  if (auto finding = check_paths(paths, model, inputs, reference, comparer)) return {finding, both};
  if (reference.ran() && !theirs.ran()) return {Finding{"peer-refuses", "", theirs.refusal}, false};
  return {std::nullopt, both};
}

}  // namespace headway::differential
