#include <limits>

#include "ops/op_testing.h"

namespace headway {
namespace {

constexpr std::int64_t kSteps = 4, kBatch = 2, kFeatures = 3, kHidden = 2;

double sigmoid(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}

/// A node's operands, random.
std::vector<Tensor> operands(std::int64_t gates, std::int64_t directions) {
  std::vector<Tensor> result = {random_floats({kSteps, kBatch, kFeatures}, 1),
                                random_floats({directions, gates * kHidden, kFeatures}, 2),
                                random_floats({directions, gates * kHidden, kHidden}, 3),
                                random_floats({directions, 2 * gates * kHidden}, 4),
                                Tensor(),
                                random_floats({directions, kBatch, kHidden}, 5)};
  if (gates == 4) {
    result.push_back(random_floats({directions, kBatch, kHidden}, 6));
    result.push_back(random_floats({directions, 3 * kHidden}, 7));
  }
  return result;
}

double at(const Tensor& tensor, std::int64_t index) {
  return tensor.data<float>()[index];
}

/// Row `row` of W·x + R·h + both biases.
double gate(const std::vector<Tensor>& in, std::int64_t gates, std::int64_t row, std::int64_t t,
            std::int64_t b, const std::vector<double>& h, bool with_recurrence = true) {
  double sum = at(in[3], row);
  for (std::int64_t i = 0; i < kFeatures; ++i) {
    sum += at(in[1], row * kFeatures + i) * at(in[0], (t * kBatch + b) * kFeatures + i);
  }
  if (!with_recurrence) return sum;
  sum += at(in[3], gates * kHidden + row);
  for (std::int64_t i = 0; i < kHidden; ++i) {
    sum += at(in[2], row * kHidden + i) * h[static_cast<std::size_t>(i)];
  }
  return sum;
}

void expect_hidden(const Tensor& y, std::int64_t t, std::int64_t b, const std::vector<double>& h) {
  for (std::int64_t i = 0; i < kHidden; ++i) {
    EXPECT_NEAR(at(y, (t * kBatch + b) * kHidden + i), h[static_cast<std::size_t>(i)], 1e-5);
  }
}

std::vector<double> initial(const Tensor& states, std::int64_t b) {
  return {at(states, b * kHidden), at(states, b * kHidden + 1)};
}

TEST(Lstm, IsItsEquations) {
  const std::vector<Tensor> in = operands(4, 1);
  const std::vector<Tensor> out = run_all("LSTM", in, {{"clip", 1.5f}}, 3);
  const auto clip = [](double x) { return std::clamp(x, -1.5, 1.5); };
  for (std::int64_t b = 0; b < kBatch; ++b) {
    std::vector<double> h = initial(in[5], b), c = initial(in[6], b);
    for (std::int64_t t = 0; t < kSteps; ++t) {
      std::vector<double> next(2);
      for (std::int64_t i = 0; i < kHidden; ++i) {
        double& cell = c[static_cast<std::size_t>(i)];
        const auto gate_of = [&](std::int64_t index) {
          return gate(in, 4, index * kHidden + i, t, b, h);
        };
        const auto peep = [&](std::int64_t index) { return at(in[7], index * kHidden + i) * cell; };
        const double input = sigmoid(clip(gate_of(0) + peep(0)));
        const double forget = sigmoid(clip(gate_of(2) + peep(2)));
        cell = forget * cell + input * std::tanh(clip(gate_of(3)));
        next[static_cast<std::size_t>(i)] = sigmoid(clip(gate_of(1) + peep(1))) * std::tanh(cell);
      }
      h = next;
      expect_hidden(out[0], t, b, h);
    }
    expect_hidden(out[1], 0, b, h);
    expect_hidden(out[2], 0, b, c);
  }
}

void check_gru(bool linear_before_reset) {
  const std::vector<Tensor> in = operands(3, 1);
  const Tensor y = run_op("GRU", in, {{"linear_before_reset", std::int64_t{linear_before_reset}}});
  for (std::int64_t b = 0; b < kBatch; ++b) {
    std::vector<double> h = initial(in[5], b);
    for (std::int64_t t = 0; t < kSteps; ++t) {
      std::vector<double> next(2), reset(2), scaled(2);
      for (std::int64_t i = 0; i < kHidden; ++i) {
        const auto index = static_cast<std::size_t>(i);
        reset[index] = sigmoid(gate(in, 3, kHidden + i, t, b, h));
        scaled[index] = reset[index] * h[index];
      }
      for (std::int64_t i = 0; i < kHidden; ++i) {
        const auto index = static_cast<std::size_t>(i);
        const std::int64_t row = 2 * kHidden + i;
        const double own = gate(in, 3, row, t, b, h, false);
        const double fresh = linear_before_reset
                                 ? own + reset[index] * (gate(in, 3, row, t, b, h) - own)
                                 : gate(in, 3, row, t, b, scaled);
        const double update = sigmoid(gate(in, 3, i, t, b, h));
        next[index] = (1 - update) * std::tanh(fresh) + update * h[index];
      }
      h = next;
      expect_hidden(y, t, b, h);
    }
  }
}

TEST(Gru, IsItsEquations) {
  check_gru(false);
  check_gru(true);
}

Tensor part(const Tensor& x, std::int64_t axis, std::int64_t start, std::int64_t end,
            std::int64_t step = 1) {
  return run_op("Slice", {x, ints({start}), ints({end}), ints({axis}), ints({step})});
}

Tensor reversed(const Tensor& x) {
  return part(x, 0, -1, -100, -1);
}

TEST(Recurrent, BidirectionalIsForwardAndReverse) {
  const std::string op[] = {"RNN", "GRU", "LSTM"};
  const std::int64_t gates[] = {1, 3, 4};
  for (std::size_t i = 0; i < 3; ++i) {
    SCOPED_TRACE(op[i]);
    const std::vector<Tensor> in = operands(gates[i], 2);
    const std::vector<Tensor> both =
        run_all(op[i], in, {{"direction", std::string("bidirectional")}}, 2);
    for (const std::int64_t direction : {0, 1}) {
      std::vector<Tensor> own;
      for (const Tensor& tensor : in) {
        own.push_back(tensor.defined() && own.size() > 0 ? part(tensor, 0, direction, direction + 1)
                                                         : tensor);
      }
      const std::string name = direction == 0 ? "forward" : "reverse";
      const std::vector<Tensor> one = run_all(op[i], own, {{"direction", name}}, 2);
      expect_near(part(both[0], 1, direction, direction + 1), one[0], 1e-6);
      expect_near(part(both[1], 0, direction, direction + 1), one[1], 1e-6);
      if (direction == 0) continue;
      own[0] = reversed(own[0]);
      expect_near(reversed(run_op(op[i], own)), one[0], 1e-6);
    }
  }
}

TEST(Recurrent, ShortSequencesEndEarly) {
  std::vector<Tensor> in = operands(4, 1);
  in[4] = Tensor::from<std::int32_t>({kBatch}, {3, kSteps});
  for (const char* direction : {"forward", "reverse"}) {
    const Attributes attributes = {{"direction", std::string(direction)}};
    const std::vector<Tensor> out = run_all("LSTM", in, attributes, 2);
    std::vector<Tensor> cut = in;
    cut[0] = part(in[0], 0, 0, 3);
    cut[4] = Tensor();
    const std::vector<Tensor> wanted = run_all("LSTM", cut, attributes, 2);
    expect_near(part(part(out[0], 2, 0, 1), 0, 0, 3), part(wanted[0], 2, 0, 1), 1e-6);
    expect_near(part(out[1], 1, 0, 1), part(wanted[1], 1, 0, 1), 1e-6);
    for (const double value : to_doubles(part(part(out[0], 2, 0, 1), 0, 3, 4))) EXPECT_EQ(value, 0);
  }
  in[4] = Tensor::from<std::int32_t>({kBatch}, {3, kSteps + 1});
  expect_error(ErrorCode::kInvalidArgument, {"5 steps"}, [&] { run_op("LSTM", in); });
}

TEST(Recurrent, LayoutPutsTheBatchFirst) {
  std::vector<Tensor> in = operands(1, 1);
  const Tensor wanted = run_op("RNN", in);
  in[0] = run_op("Transpose", {in[0]}, {{"perm", list({1, 0, 2})}});
  in[5] = run_op("Transpose", {in[5]}, {{"perm", list({1, 0, 2})}});
  const Tensor y = run_op("RNN", in, {{"layout", std::int64_t{1}}});
  expect_near(run_op("Transpose", {y}, {{"perm", list({1, 2, 0, 3})}}), wanted, 1e-6);
}

TEST(Recurrent, FunctionsAndTheirParameters) {
  const Tensor x = floats({1, 1, 1}, {2}), w = floats({1, 1, 1}, {1}), r = floats({1, 1, 1}, {0});
  const auto with = [&](const char* function, std::vector<float> alpha, std::vector<float> beta) {
    return run_op("RNN", {x, w, r},
                  {{"activations", std::vector<std::string>{function}},
                   {"activation_alpha", std::move(alpha)},
                   {"activation_beta", std::move(beta)}})
        .data<float>()[0];
  };
  EXPECT_FLOAT_EQ(with("Affine", {3}, {1}), 7);
  EXPECT_FLOAT_EQ(with("relu", {}, {}), 2);
  EXPECT_FLOAT_EQ(with("HardSigmoid", {}, {}), 0.9f);
  EXPECT_FLOAT_EQ(with("ScaledTanh", {2}, {0.5f}), 2 * std::tanh(1.0f));
  EXPECT_FLOAT_EQ(with("ThresholdedRelu", {2.5f}, {}), 0);
  EXPECT_FLOAT_EQ(with("Softsign", {}, {}), 2.0f / 3);
  expect_error(ErrorCode::kInvalidModel, {"'nonsense'"}, [&] { with("nonsense", {}, {}); });
}

TEST(Recurrent, InfersSymbolicShapes) {
  OneNode one("GRU",
              {type_of({symbol("T"), symbol("N"), 3}), type_of({1, 12, 3}), type_of({1, 12, 4})},
              {{"hidden_size", std::int64_t{4}}}, 2);
  EXPECT_EQ(one.infer(0), type_of({symbol("T"), 1, symbol("N"), 4}));
  EXPECT_EQ(one.infer(1), type_of({1, symbol("N"), 4}));
  expect_error(ErrorCode::kInvalidModel, {"input 1", "axis 1", "12"}, [] {
    OneNode("GRU", {type_of({5, 2, 3}), type_of({1, 16, 3}), type_of({1, 12, 4})}).infer();
  });
}

TEST(Recurrent, RefusesAHiddenSizeWhoseProductsOverflow) {
  const Attributes largest = {{"hidden_size", std::numeric_limits<std::int64_t>::max()}};
  expect_error(ErrorCode::kInvalidModel, {"input 2", "axis 2"}, [&] {
    OneNode("GRU", {type_of({5, 2, 3}), type_of({1, 12, 3}), type_of({1, 12, 4})}, largest).infer();
  });
}

}  // namespace
}  // namespace headway
