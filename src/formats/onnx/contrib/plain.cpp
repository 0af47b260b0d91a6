#include "formats/onnx/contrib/families.h"

namespace headway::onnx {
namespace {

// What the default domain has as well, by now.

template <const char* const& op_type>
void rename(Expansion& e) {
  const auto inputs = e.node().inputs();
  e.yield(0, e.add(op_type, {inputs.begin(), inputs.end()}, e.node().attributes));
}

void expand_expand_dims(Expansion& e) {
  Value* axis = e.reshape(e.cast(e.input(1), DType::kInt64), {1});
  e.yield(0, e.add("Unsqueeze", {e.input(0), axis}));
}

/// The amounts may come as a row.
void expand_pad(Expansion& e) {
  Value* pads = e.reshape(e.input(1), {-1});
  e.yield(0, e.add("Pad", {e.input(0), pads, e.optional_input(2)}, e.node().attributes));
}

/// Unique(x) -> values, inverse indices, counts
void expand_unique(Expansion& e) {
  const auto y = e.add_many("Unique", {e.input(0)}, 4);
  e.yield(0, y[0]);
  e.yield(1, y[2]);
  e.yield(2, y[3]);
}

/// Distances between the rows of A and those of B.
void expand_c_dist(Expansion& e) {
  const std::string metric = e.node().get_string("metric", "sqeuclidean");
  if (metric != "sqeuclidean" && metric != "euclidean")
    e.refuse("the metric '", metric, "' is not supported");
  Value* a = e.add("Unsqueeze", {e.input(0), e.ints({1})});
  Value* difference = e.add("Sub", {a, e.add("Unsqueeze", {e.input(1), e.ints({0})})});
  Value* squares = e.add("ReduceSum", {e.add("Mul", {difference, difference}), e.ints({-1})},
                         {{"keepdims", std::int64_t{0}}});
  e.yield(0, metric == "euclidean" ? e.add("Sqrt", {squares}) : squares);
}

constexpr const char* kGatherND = "GatherND";
constexpr const char* kRange = "Range";
constexpr const char* kTrilu = "Trilu";

}  // namespace

std::vector<ContribOperator> contrib_plain() {
  return {{"CDist", {"metric"}, expand_c_dist}, {"ExpandDims", {}, expand_expand_dims},
          {"GatherND", {}, rename<kGatherND>},  {"Pad", {"mode"}, expand_pad},
          {"Range", {}, rename<kRange>},        {"Trilu", {"upper"}, rename<kTrilu>},
          {"Unique", {}, expand_unique}};
}

}  // namespace headway::onnx
