#include "small_models.h"

#include "headway/model.h"

#include "graph/graph.h"
#include "ops/operator.h"

namespace headway {
namespace {

TensorType batch_of(std::initializer_list<Dim> extents) {
  SymbolicShape shape = {Dim(std::string("N"))};
  shape.insert(shape.end(), extents);
  return {DType::kFloat32, shape};
}

void save(Graph graph, const std::filesystem::path& file) {
  infer_types(graph);
  Model(std::move(graph)).save(file);
}

}  // namespace

void save_linear_model(const std::filesystem::path& file) {
  Graph graph("linear");
  Value* x = graph.add_input("x", batch_of({4}));
  std::vector<float> weights;
  for (int i = 0; i < 12; ++i) weights.push_back(0.1f * static_cast<float>(i));
  Value* w = graph.add_constant("w", Tensor::from<float>({3, 4}, weights));
  Value* b = graph.add_constant("b", Tensor::from<float>({3}, {1, 2, 3}));
  Attributes attributes = {{"transB", std::int64_t{1}}};
  graph.add_output(graph.add_node("Gemm", {x, w, b}, {"y"}, attributes, "fc")->output());
  save(std::move(graph), file);
}

void save_two_by_two_model(const std::filesystem::path& file) {
  Graph graph("two_by_two");
  Value* a = graph.add_input("a", batch_of({2}));
  Value* b = graph.add_input("b", batch_of({2}));
  graph.add_output(graph.add_node("Add", {a, b}, {"sum"})->output());
  graph.add_output(graph.add_node("Mul", {a, b}, {"product"})->output());
  save(std::move(graph), file);
}

void save_image_model(const std::filesystem::path& file) {
  Graph graph("image");
  Value* image = graph.add_input("image", batch_of({3, 8, 8}));
  Value* means = graph.add_node("GlobalAveragePool", {image}, {"pooled"})->output();
  graph.add_output(graph.add_node("Flatten", {means}, {"means"})->output());
  save(std::move(graph), file);
}

}  // namespace headway
