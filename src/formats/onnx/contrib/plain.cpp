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

/// Unique(x) -> values in the order in which they appear, inverse indices, counts
void expand_unique(Expansion& e) {
  const auto y = e.add_many("Unique", {e.input(0)}, 4, {{"sorted", std::int64_t{0}}});
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

void check_transform(const Expansion& e) {
  const bool plain = e.get_int("signal_ndim", 1) == 1 && e.get_int("onesided", 1) == 1 &&
                     e.get_int("normalized", 0) == 0;
  if (!plain) e.refuse("only one-sided transforms of one dimension, not normalized, are supported");
}

/// Rfft(x): real [..., n] to complex [..., n / 2 + 1, 2].
void expand_rfft(Expansion& e) {
  check_transform(e);
  Value* signal = e.add("Unsqueeze", {e.input(0), e.ints({-1})});
  e.yield(0, e.add("DFT", {signal}, {{"axis", std::int64_t{-2}}, {"onesided", std::int64_t{1}}}));
}

/// Irfft(x): complex [..., n / 2 + 1, 2] to real [..., n].
void expand_irfft(Expansion& e) {
  check_transform(e);
  Value* signal = e.add(
      "DFT", {e.input(0)},
      {{"axis", std::int64_t{-2}}, {"inverse", std::int64_t{1}}, {"onesided", std::int64_t{1}}});
  e.yield(0, e.add("Squeeze", {signal, e.ints({-1})}));
}

/// A map from label to score for each sample: here the scores remain a matrix with a column for
/// each label.
void expand_zip_map(Expansion& e) {
  e.yield(0, e.add("Identity", {e.input(0)}));
}

constexpr const char* kGatherND = "GatherND";
constexpr const char* kRange = "Range";
constexpr const char* kTrilu = "Trilu";

}  // namespace

std::vector<ContribOperator> contrib_plain() {
  const std::vector<std::string_view> of_transform = {"normalized", "onesided", "signal_ndim"};
  return {{"CDist", {"metric"}, expand_c_dist},
          {"ExpandDims", {}, expand_expand_dims},
          {"GatherND", {}, rename<kGatherND>},
          {"Irfft", of_transform, expand_irfft},
          {"Pad", {"mode"}, expand_pad},
          {"Range", {}, rename<kRange>},
          {"Rfft", of_transform, expand_rfft},
          {"Trilu", {"upper"}, rename<kTrilu>},
          {"Unique", {}, expand_unique},
          {"ZipMap", {"classlabels_int64s", "classlabels_strings"}, expand_zip_map, "ai.onnx.ml"}};
}

}  // namespace headway::onnx
