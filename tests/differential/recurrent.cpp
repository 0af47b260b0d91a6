#include <array>

#include "families.h"

namespace headway::differential {
namespace {

struct Sizes {
  std::int64_t length, batch, input, hidden, directions;
};

/// Inputs that all three share: x, weights, recurrent weights, and what may be left out.
void recurrent(Builder& b, const std::string& op, std::int64_t gates, std::int64_t biases) {
  const Sizes s = {b.between(1, 6), b.between(1, 4), b.between(1, 6), b.between(1, 6),
                   b.between(1, 2)};
  const DType type = DType::kFloat32;
  const auto weight = [&](const Shape& shape) { return b.operand(type, shape, Fill::kUnit); };
  std::vector<ValueId> inputs = {b.operand(type, {s.length, s.batch, s.input}, Fill::kPlain),
                                 weight({s.directions, gates * s.hidden, s.input}),
                                 weight({s.directions, gates * s.hidden, s.hidden})};
  inputs.push_back(b.chance(60) ? weight({s.directions, biases * s.hidden}) : kOmitted);
  inputs.push_back(b.chance(30) ? b.input_or_constant(random_integers(DType::kInt32, {s.batch}, 1,
                                                                      s.length, b.random()))
                                : kOmitted);
  inputs.push_back(b.chance(50) ? weight({s.directions, s.batch, s.hidden}) : kOmitted);
  if (op == "LSTM") {
    inputs.push_back(b.chance(50) ? weight({s.directions, s.batch, s.hidden}) : kOmitted);
    inputs.push_back(b.chance(30) ? weight({s.directions, 3 * s.hidden}) : kOmitted);
  }
  while (inputs.back() == kOmitted) inputs.pop_back();
  Attributes attributes{{"hidden_size", s.hidden}};
  if (s.directions == 2) attributes["direction"] = std::string("bidirectional");
  if (s.directions == 1 && b.chance(60)) attributes["direction"] = b.pick({"forward", "reverse"});
  if (op == "GRU" && b.chance(60)) attributes["linear_before_reset"] = b.between(0, 1);
  if (b.chance(15)) attributes["clip"] = 0.5F;
  const std::size_t outputs = op == "LSTM" ? 3 : 2;
  std::vector<bool> wanted;
  for (std::size_t i = 0; i < outputs; ++i) wanted.push_back(i == 1 || b.chance(70));
  b.nodes(op, inputs, attributes, DTypeList(outputs, type), wanted);
}

void lstm(Builder& b) {
  recurrent(b, "LSTM", 4, 8);
}

void gru(Builder& b) {
  recurrent(b, "GRU", 3, 6);
}

void rnn(Builder& b) {
  recurrent(b, "RNN", 1, 2);
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>({lstm, lstm, gru, rnn});

}  // namespace

Family recurrent_family() {
  return {"recurrent", kGenerators};
}

}  // namespace headway::differential
