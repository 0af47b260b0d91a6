#include "node_testing.h"

namespace headway {
namespace {

constexpr DType kNativeNumbers[] = {DType::kFloat32, DType::kFloat64, DType::kInt8,  DType::kUInt8,
                                    DType::kInt16,   DType::kUInt16,  DType::kInt32, DType::kUInt32,
                                    DType::kInt64,   DType::kUInt64};

std::int64_t below(Random& random, std::int64_t bound) {
  return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(bound)));
}

TEST(IndexOperators, ArgMaxAndArgMin) {
  Random random(1);
  for (const DType dtype : kNativeNumbers) {
    for (const Shape& shape : {Shape{7}, Shape{3, 200}, Shape{5, 31, 3}, Shape{2, 9, 700}}) {
      for (const std::int64_t last : {0, 1}) {
        const std::int64_t axis = below(random, static_cast<std::int64_t>(shape.size()));
        const Attributes attributes = {{"axis", axis}, {"select_last_index", last}};
        const Tensor x = random_elements(dtype, shape, random);
        expect_same_as_reference({"ArgMax", {x}, attributes});
        expect_same_as_reference({"ArgMin", {x}, attributes});
      }
    }
  }
}

TEST(IndexOperators, ArgMaxOfALineThatBeginsWithNaN) {
  for (const std::vector<float>& line :
       {std::vector<float>{NAN, 1, 2}, {1, NAN, 2}, {-1, -1, NAN}}) {
    std::vector<float> elements(40, -5.0F);
    std::ranges::copy(line, elements.begin());
    const Tensor x = Tensor::from<float>({1, 40}, elements);
    for (const std::int64_t axis : {0, 1})
      expect_same_as_reference({"ArgMax", {x}, {{"axis", axis}}});
  }
}

TEST(IndexOperators, TopK) {
  Random random(2);
  for (const DType dtype : kNativeNumbers) {
    for (const Shape& shape : {Shape{1}, Shape{400}, Shape{3, 150}, Shape{2, 70, 3}}) {
      for (const std::int64_t largest : {0, 1}) {
        const std::int64_t axis = below(random, static_cast<std::int64_t>(shape.size()));
        const std::int64_t extent = shape[static_cast<std::size_t>(axis)];
        const std::int64_t k = 1 + below(random, extent);
        for (const std::int64_t count : {k, extent}) {
          expect_same_as_reference(
              {"TopK",
               {random_elements(dtype, shape, random), Tensor::from<std::int64_t>({1}, {count})},
               {{"axis", axis}, {"largest", largest}},
               2,
               {1}});
        }
      }
    }
  }
}

/// Indices of an axis of this extent, some of them negative.
Tensor random_indices(DType dtype, const Shape& shape, std::int64_t extent, Random& random) {
  Tensor indices = Tensor::allocate(DType::kInt64, shape);
  for (std::int64_t& index : indices.values<std::int64_t>())
    index = below(random, 2 * extent) - extent;
  return indices.to(dtype);
}

TEST(IndexOperators, GatherAndScatterElements) {
  Random random(3);
  for (int round = 0; round < 60; ++round) {
    const DType dtype = round % 3 == 0 ? DType::kFloat16 : kNativeNumbers[random.below(10)];
    Shape shape = random_shape(random, 4, 9);
    if (shape.empty()) shape = {5};
    const std::int64_t axis = below(random, static_cast<std::int64_t>(shape.size()));
    const std::int64_t extent = shape[static_cast<std::size_t>(axis)];
    Shape taken = shape;
    for (std::int64_t& dim : taken) dim = 1 + below(random, dim);
    taken[static_cast<std::size_t>(axis)] = 1 + below(random, 12);
    const Tensor x = random_elements(dtype, shape, random);
    const DType index_type = random.below(2) == 0 ? DType::kInt32 : DType::kInt64;
    const Tensor indices = random_indices(index_type, taken, extent, random);
    expect_same_as_reference({"GatherElements", {x, indices}, {{"axis", axis}}});
    const Tensor updates = random_elements(dtype, taken, random);
    for (const std::string reduction : {"none", "add", "mul", "max", "min"}) {
      if (dtype == DType::kFloat16 && reduction != "none") continue;
      expect_same_as_reference(
          {"ScatterElements", {x, indices, updates}, {{"axis", axis}, {"reduction", reduction}}});
    }
  }
}

TEST(IndexOperators, GatherAndScatterBlocks) {
  Random random(4);
  for (int round = 0; round < 60; ++round) {
    const DType dtype = round % 3 == 0 ? DType::kBool : kNativeNumbers[random.below(10)];
    Shape shape = random_shape(random, 4, 7);
    if (shape.empty()) shape = {5};
    const std::size_t batch = round % 2 == 0 ? 0 : random.below(shape.size());
    const std::size_t depth = 1 + random.below(shape.size() - batch);
    Shape taken(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(batch));
    taken.push_back(1 + below(random, 9));
    taken.push_back(static_cast<std::int64_t>(depth));
    std::int64_t extent = 100;
    for (std::size_t i = batch; i < batch + depth; ++i) extent = std::min(extent, shape[i]);
    const Tensor x = random_elements(dtype, shape, random);
    const Tensor indices = random_indices(DType::kInt64, taken, extent, random);
    expect_same_as_reference(
        {"GatherND", {x, indices}, {{"batch_dims", static_cast<std::int64_t>(batch)}}});
    if (batch != 0) continue;
    Shape updated(taken.begin(), taken.end() - 1);
    updated.insert(updated.end(), shape.begin() + static_cast<std::ptrdiff_t>(depth), shape.end());
    const Tensor updates = random_elements(dtype, updated, random);
    for (const std::string reduction : {"none", "add", "mul", "max", "min"}) {
      if (dtype == DType::kBool && reduction != "none") continue;
      expect_same_as_reference({"ScatterND", {x, indices, updates}, {{"reduction", reduction}}});
    }
  }
}

TEST(IndexOperators, AnIndexOutsideIsSaid) {
  const Tensor x = Tensor::from<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor updates = Tensor::from<float>({1, 1}, {1});
  const Tensor bad = Tensor::from<std::int64_t>({1, 1}, {-3});
  for (const NodeCase& c : {NodeCase{"GatherElements", {x, bad}}, NodeCase{"GatherND", {x, bad}},
                            NodeCase{"ScatterElements", {x, bad, updates}},
                            NodeCase{"ScatterND", {x, bad, x.clone().reshaped({1, 6})}}}) {
    NodeCase valid = c;
    if (c.op == "ScatterND") valid.inputs[2] = Tensor::from<float>({1, 3}, {1, 2, 3});
    const Program program = Model(graph_of(valid)).compile();
    EXPECT_EQ(program.summary().reference_nodes, 0u) << c.op;
    Session session(program);
    try {
      session.run(valid.inputs);
      ADD_FAILURE() << c.op << " accepted an index outside";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("index -3 is out of range for an axis of extent 2"),
                std::string::npos)
          << error.what();
    }
  }
}

TEST(IndexOperators, Triangles) {
  Random random(5);
  for (const DType dtype : {DType::kBool, DType::kFloat16, DType::kFloat32, DType::kInt64}) {
    for (const Shape& shape : {Shape{5, 7}, Shape{2, 3, 8, 4}, Shape{3, 200, 200}}) {
      const Tensor x = random_elements(dtype, shape, random);
      for (const std::int64_t upper : {0, 1}) {
        expect_same_as_reference({"Trilu", {x}, {{"upper", upper}}});
        for (const std::int64_t k : {-1000, -2, 0, 3, 9, 1000}) {
          expect_same_as_reference(
              {"Trilu", {x, Tensor::from<std::int64_t>({}, {k})}, {{"upper", upper}}});
        }
      }
    }
  }
}

TEST(IndexOperators, Diagonals) {
  for (const DType dtype : {DType::kBool, DType::kFloat16, DType::kFloat32, DType::kInt64}) {
    for (const std::int64_t k : {-100, -2, 0, 3, 100})
      expect_same_as_reference({"EyeLike", {Tensor::zeros(dtype, {5, 7})}, {{"k", k}}});
  }
}

TEST(IndexOperators, LongTransposes) {
  Random random(10);
  for (const DType dtype : {DType::kUInt8, DType::kFloat32, DType::kInt64})
    expect_same_as_reference({"Transpose",
                              {random_elements(dtype, {2, 9001, 3}, random)},
                              {{"perm", std::vector<std::int64_t>{0, 2, 1}}}});
}

TEST(IndexOperators, Tiles) {
  Random random(6);
  for (int round = 0; round < 40; ++round) {
    const Shape shape = random_shape(random, 4, 6);
    Tensor repeats = Tensor::allocate(DType::kInt64, {static_cast<std::int64_t>(shape.size())});
    for (std::int64_t& n : repeats.values<std::int64_t>()) n = 1 + below(random, 3);
    const DType dtype = round % 2 == 0 ? DType::kFloat32 : DType::kInt8;
    if (shape.empty()) continue;
    expect_same_as_reference(
        {"Tile", {random_elements(dtype, shape, random), repeats}, {}, 1, {1}});
  }
}

TEST(IndexOperators, Pads) {
  Random random(8);
  for (const DType dtype : {DType::kBool, DType::kBFloat16, DType::kInt32, DType::kFloat64}) {
    const Tensor x = random_elements(dtype, {3, 4, 5}, random);
    const Tensor pads = Tensor::from<std::int64_t>({6}, {1, 0, 2, 0, 3, 1});
    for (const std::string mode : {"constant", "reflect", "edge"}) {
      const Attributes attributes = {{"mode", mode}};
      expect_same_as_reference({"Pad", {x, pads}, attributes, 1, {1}});
      if (mode == "constant")
        expect_same_as_reference(
            {"Pad", {x, pads, random_elements(dtype, {}, random)}, attributes, 1, {1}});
    }
  }
}

TEST(IndexOperators, Cumulations) {
  Random random(9);
  for (const DType dtype : kNativeNumbers) {
    for (const Shape& shape : {Shape{40}, Shape{3, 300}, Shape{2, 5, 300}, Shape{2, 9, 1}}) {
      for (std::int64_t axis = 0; axis < static_cast<std::int64_t>(shape.size()); ++axis) {
        const Attributes attributes = {{"exclusive", below(random, 2)},
                                       {"reverse", below(random, 2)}};
        expect_same_as_reference(
            {"CumSum",
             {random_elements(dtype, shape, random), Tensor::from<std::int64_t>({}, {axis})},
             attributes,
             1,
             {1}});
      }
    }
  }
}

TEST(IndexOperators, DepthAndSpace) {
  Random random(7);
  for (const DType dtype : {DType::kFloat32, DType::kUInt8, DType::kInt64}) {
    for (const std::int64_t block : {1, 2, 3}) {
      const Tensor deep = random_elements(dtype, {2, 2 * block * block, 3, 5}, random);
      const Tensor wide = random_elements(dtype, {2, 3, 4 * block, 5 * block}, random);
      for (const std::string mode : {"DCR", "CRD"})
        expect_same_as_reference({"DepthToSpace", {deep}, {{"blocksize", block}, {"mode", mode}}});
      expect_same_as_reference({"SpaceToDepth", {wide}, {{"blocksize", block}}});
    }
  }
}

}  // namespace
}  // namespace headway
