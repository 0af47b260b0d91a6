#include "node_testing.h"

namespace headway {
namespace {

Tensor scaled(const Shape& shape, float factor, Random& random) {
  Tensor tensor = random_tensor(shape, random.next());
  for (float& element : tensor.values<float>()) element *= factor;
  return tensor;
}

NodeCase any_layer(const std::string& op, std::int64_t gates, Random& random) {
  const auto up_to = [&](std::int64_t most) {
    return 1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most)));
  };
  const std::int64_t steps = up_to(7), batch = up_to(5), features = up_to(30), hidden = up_to(50);
  const std::string direction =
      std::vector<std::string>{"forward", "reverse", "bidirectional"}[random.below(3)];
  const std::int64_t directions = direction == "bidirectional" ? 2 : 1, rows = gates * hidden;
  const bool batch_first = random.below(3) == 0, peepholes = op == "LSTM" && random.below(3) == 0;
  NodeCase c{op, std::vector<Tensor>(op == "LSTM" ? 7 : 6)};
  c.inputs[0] = random_tensor(
      batch_first ? Shape{batch, steps, features} : Shape{steps, batch, features}, random.next());
  c.inputs[1] = scaled({directions, rows, features}, 0.3F, random);
  c.inputs[2] = scaled({directions, rows, hidden}, 0.2F, random);
  if (random.below(3) != 0) c.inputs[3] = scaled({directions, 2 * rows}, 0.5F, random);
  if (random.below(2) == 0) {
    c.inputs[4] = Tensor::allocate(DType::kInt32, {batch});
    for (std::int32_t& length : c.inputs[4].values<std::int32_t>())
      length = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(steps + 1)));
  }
  for (std::size_t state = 5; state < c.inputs.size(); ++state) {
    const Shape states =
        batch_first ? Shape{batch, directions, hidden} : Shape{directions, batch, hidden};
    if (random.below(2) == 0) c.inputs[state] = random_tensor(states, state);
  }
  if (peepholes) c.inputs.push_back(scaled({directions, 3 * hidden}, 0.5F, random));
  c.attributes = {{"hidden_size", hidden},
                  {"direction", direction},
                  {"layout", std::int64_t{batch_first}},
                  {"clip", random.below(3) == 0 ? 0.7F : 0.0F}};
  if (op == "LSTM") c.attributes["input_forget"] = static_cast<std::int64_t>(random.below(2));
  c.outputs = op == "LSTM" ? 3 : 2;
  c.constants = {1, 2, 3};
  return c;
}

TEST(RecurrentOperators, Lstm) {
  Random random(1);
  for (int i = 0; i < 40; ++i) expect_near_reference(any_layer("LSTM", 4, random), 1e-5);
}

TEST(RecurrentOperators, Gru) {
  Random random(2);
  for (std::int64_t i = 0; i < 40; ++i) {
    NodeCase c = any_layer("GRU", 3, random);
    c.attributes["linear_before_reset"] = i % 2;
    expect_near_reference(c, 1e-5);
  }
}

TEST(RecurrentOperators, Rnn) {
  Random random(3);
  for (int i = 0; i < 40; ++i) {
    NodeCase c = any_layer("RNN", 1, random);
    const auto directions = static_cast<std::size_t>(c.inputs[1].dim(0));
    if (i % 2 == 0) c.attributes["activations"] = std::vector<std::string>(directions, "Relu");
    expect_near_reference(c, 1e-5);
  }
}

TEST(RecurrentOperators, ASequenceThatIsTooLongIsSaid) {
  Random random(4);
  NodeCase c = any_layer("GRU", 3, random);
  const bool batch_first = std::get<std::int64_t>(c.attributes["layout"]) != 0;
  c.inputs[4] = Tensor::allocate(DType::kInt32, {c.inputs[0].dim(batch_first ? 0 : 1)});
  std::ranges::fill(c.inputs[4].values<std::int32_t>(), 1000);
  std::vector<Tensor> inputs;
  for (const std::size_t i : {0, 4, 5}) {
    if (c.inputs[i].defined()) inputs.push_back(c.inputs[i]);
  }
  const Program program = Model(graph_of(c)).compile();
  EXPECT_EQ(program.summary().reference_nodes, 0u);
  EXPECT_THROW(Session(program).run(inputs), Error);
}

}  // namespace
}  // namespace headway
