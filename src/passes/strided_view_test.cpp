#include "passes/strided_view.h"

#include "passes/pass_testing.h"

namespace headway {
namespace {

/// The elements of the source that a view selects, in the view's order.
void append_positions(const StridedView& view, std::size_t axis, std::size_t run,
                      std::int64_t offset, std::vector<float>& positions) {
  if (axis == view.axes.size()) return positions.push_back(static_cast<float>(offset));
  if (run == view.axes[axis].size()) return append_positions(view, axis + 1, 0, offset, positions);
  const Run& r = view.axes[axis][run];
  for (std::int64_t i = 0; i < r.extent; ++i) {
    append_positions(view, axis, run + 1, offset + i * r.stride, positions);
  }
}

/// Checks the view of %y, where %x holds the numbers 0, 1, 2, …; returns its source's name.
std::string check(const std::string& text) {
  Graph graph = typed_graph(text);
  Value* y = graph.outputs()[0];
  const StridedView view = strided_view(y);
  if (view.source != graph.inputs()[0]) return view.source->name();
  Tensor x = Tensor::allocate(DType::kFloat32, *graph.inputs()[0]->type.static_shape());
  for (std::int64_t i = 0; i < x.size(); ++i) x.data<float>()[i] = static_cast<float>(i);
  const std::vector<Tensor> inputs = {x};
  const Tensor expected = run_reference(graph, inputs)[0];
  std::vector<float> positions;
  append_positions(view, 0, 0, view.offset, positions);
  EXPECT_EQ(view.axes.size(), expected.rank());
  EXPECT_TRUE(std::ranges::equal(positions, expected.values<float>())) << text;
  return view.source->name();
}

std::string net(const std::string& body) {
  return "graph net (%x: float32[2,6,12]) -> (%y) {\n" + body + "\n}\n";
}

TEST(StridedView, OfOneOperator) {
  for (const std::string body :
       {"%s: int64[4] = constant {2, 6, 3, 4}\n%y = Reshape(%x, %s)",
        "%s: int64[3] = constant {3, 2, 24}\n%y = Reshape(%x, %s)",
        "%y = Transpose(%x) {perm = [1, 0, 2]}", "%_, %y = Split(%x) {axis = 2}",
        "%i: int64[] = constant {-2}\n%y = Gather(%x, %i) {axis = 1}",
        "%i: int64[1] = constant {3}\n%y = Gather(%x, %i) {axis = 2}",
        "%b: int64[1] = constant {1}\n%e: int64[1] = constant {8}\n%a: int64[1] = constant {-1}\n"
        "%s: int64[1] = constant {3}\n%y = Slice(%x, %b, %e, %a, %s)"}) {
    EXPECT_EQ(check(net(body)), "x") << body;
  }
}

TEST(StridedView, HeadsOfAPackedTensor) {
  // As nn.MultiheadAttention splits heads: entries and heads end up on one axis.
  EXPECT_EQ(check(net("%q, %k, %v = Split(%x) {axis = 2}\n%s: int64[3] = constant {2, 12, 2}\n"
                      "%h = Reshape(%k, %s)\n%y = Transpose(%h) {perm = [1, 2, 0]}")),
            "x");
  EXPECT_EQ(check(net("%s: int64[5] = constant {2, 6, 3, 2, 2}\n%f = Reshape(%x, %s)\n"
                      "%t = Transpose(%f) {perm = [2, 0, 3, 1, 4]}\n%i: int64[] = constant {1}\n"
                      "%y = Gather(%t, %i) {axis = 0}")),
            "x");
}

TEST(StridedView, StopsWhereStridesCannotFollow) {
  // Five does not divide the runs of the transposed axes.
  EXPECT_EQ(check("graph net (%x: float32[5,4]) -> (%y) {\n%t = Transpose(%x)\n"
                  "%s: int64[2] = constant {10, 2}\n%r = Reshape(%t, %s)\n%y = Transpose(%r)\n}"),
            "r");
  EXPECT_EQ(check(net("%b: int64[1] = constant {5}\n%e: int64[1] = constant {0}\n"
                      "%a: int64[1] = constant {1}\n%m: int64[1] = constant {-1}\n"
                      "%y = Slice(%x, %b, %e, %a, %m)")),
            "y");
}

TEST(StridedView, LooksThroughConstantFactorsIfAsked) {
  Graph graph =
      typed_graph(net("%c: float32[] = constant {8.0}\n%d = Div(%x, %c)\n"
                      "%t = Transpose(%d) {perm = [0, 2, 1]}\n%y = Mul(%c, %t)"));
  float factor = 3.0f;
  EXPECT_EQ(strided_view(graph.outputs()[0], &factor).source, graph.inputs()[0]);
  EXPECT_FLOAT_EQ(factor, 3.0f);
  EXPECT_EQ(strided_view(graph.outputs()[0]).source, graph.outputs()[0]);
}

TEST(StridedView, MergesRunsThatFollowEachOther) {
  EXPECT_EQ(merged({{2, 12}, {1, 7}, {3, 4}, {4, 1}}), (Axis{{24, 1}}));
  EXPECT_EQ(merged({{2, 24}, {3, 4}}), (Axis{{2, 24}, {3, 4}}));
  EXPECT_EQ(merged({{1, 5}}), Axis{});
}

}  // namespace
}  // namespace headway
