#include "formats/torchscript/reader/call.h"

/// LSTM, GRU and plain recurrent networks: one node for each layer.
namespace headway::script {
namespace {

struct Kind {
  std::string_view op;
  Ints gates;  ///< ONNX's order of PyTorch's gates.
  std::vector<std::string> activations;
  std::size_t states;
};

/// The rows of each gate in ONNX's order, for one direction.
Value* ordered(Call& call, Value* parameter, const Ints& gates) {
  const std::int64_t rows = call.extent(parameter, 0) / static_cast<std::int64_t>(gates.size());
  std::vector<Value*> parts;
  for (const std::int64_t gate : gates)
    parts.push_back(call.slice(parameter, 0, gate * rows, (gate + 1) * rows));
  return parts.size() == 1 ? parts[0] : call.node("Concat", parts, {{"axis", std::int64_t{0}}});
}

Value* concatenated(Call& call, const std::vector<Value*>& parts, std::int64_t axis) {
  return parts.size() == 1 ? parts[0] : call.node("Concat", parts, {{"axis", axis}});
}

/// [directions, ...] of a parameter: its directions follow each other in the list.
Value* stacked(Call& call, const std::vector<TensorRef>& parameters, std::size_t first,
               std::size_t stride, std::size_t directions, const Ints& gates) {
  std::vector<Value*> parts;
  for (std::size_t i = 0; i < directions; ++i)
    parts.push_back(
        call.unsqueeze(ordered(call, read(parameters.at(first + i * stride)), gates), {0}));
  return concatenated(call, parts, 0);
}

/// What the arguments of a call say.
struct Layers {
  std::vector<TensorRef> parameters;
  std::vector<Value*> initial;  ///< The states, [layers * directions, batch, hidden].
  std::size_t count, directions, stride;
  bool biased;
};

Layers layers_of(Call& call, const Kind& kind) {
  // lstm(data, batch_sizes, hx, params, ...) has a tensor where the other form has states.
  const bool has_states = kind.states == 1 ? call.is_list("params") : call.is_list("hx");
  if (!has_states || !call.is_list("params"))
    call.unsupported("a PackedSequence; pad the sequences instead");
  if (call.flag("train") && call.number("dropout") != 0) call.unsupported("it is in training mode");
  Layers layers;
  layers.parameters = call.tensors("params");
  layers.biased = call.flag("has_biases");
  layers.count = static_cast<std::size_t>(call.integer("num_layers"));
  layers.directions = call.flag("bidirectional") ? 2 : 1;
  if (layers.count < 1 || layers.count > layers.parameters.size())
    call.unsupported(layers.count, " layers");
  layers.stride = layers.parameters.size() / (layers.count * layers.directions);
  if (layers.stride != (layers.biased ? 4U : 2U))
    call.unsupported("a projection of its states (proj_size)");
  if (call.is_list("hx")) {
    for (const TensorRef& cell : call.tensors("hx")) layers.initial.push_back(read(cell));
  } else {
    layers.initial.push_back(call.tensor("hx"));
  }
  return layers;
}

/// One layer of x, [time, batch, features]: the node's results.
std::vector<Value*> layer(Call& call, const Kind& kind, const Layers& layers, std::size_t index,
                          Value* x) {
  const std::size_t first = index * layers.directions * layers.stride;
  const auto parameter = [&](std::size_t offset) {
    return stacked(call, layers.parameters, first + offset, layers.stride, layers.directions,
                   kind.gates);
  };
  std::vector<Value*> inputs = {x, parameter(0), parameter(1), nullptr, nullptr};
  if (layers.biased)
    inputs[3] = call.node("Concat", {parameter(2), parameter(3)}, {{"axis", std::int64_t{1}}});
  const auto directions = static_cast<std::int64_t>(layers.directions);
  const std::int64_t begin = static_cast<std::int64_t>(index) * directions;
  for (Value* state : layers.initial)
    inputs.push_back(call.slice(state, 0, begin, begin + directions));
  std::vector<std::string> activations;
  for (std::size_t i = 0; i < layers.directions; ++i)
    activations.insert(activations.end(), kind.activations.begin(), kind.activations.end());
  Attributes attributes = {
      {"hidden_size", call.extent(read(layers.parameters.at(first + 1)), 1)},
      {"direction", std::string(layers.directions == 2 ? "bidirectional" : "forward")},
      {"activations", activations}};
  if (kind.op == "GRU") attributes["linear_before_reset"] = std::int64_t{1};
  return call.graph().add_all(kind.op, inputs, 1 + kind.states, std::move(attributes));
}

/// [time, directions, batch, hidden] to [time, batch, directions * hidden]
Value* joined_directions(Call& call, Value* y, std::size_t directions) {
  if (directions == 1) return call.squeeze(y, {1});
  Value* both = call.transpose(y, {0, 2, 1, 3});
  const std::vector<Extent> extents = call.extents_of(both);
  return call.reshape(both, {extents[0], extents[1], 2 * call.extent(both, 3)});
}

IValue recurrent(Call& call, const Kind& kind) {
  const Layers layers = layers_of(call, kind);
  Value* x = call.tensor("input");
  if (call.rank(x) != 3 || layers.initial.size() != kind.states)
    call.unsupported("an input without a batch");
  if (call.flag("batch_first")) x = call.transpose(x, {1, 0, 2});
  std::vector<std::vector<Value*>> last(kind.states);
  for (std::size_t index = 0; index < layers.count; ++index) {
    const std::vector<Value*> results = layer(call, kind, layers, index, x);
    x = joined_directions(call, results[0], layers.directions);
    for (std::size_t i = 0; i < kind.states; ++i) last[i].push_back(results[i + 1]);
  }
  if (call.flag("batch_first")) x = call.transpose(x, {1, 0, 2});
  std::vector<IValue> all = {tensor_result(x)};
  for (const auto& states : last) all.push_back(tensor_result(concatenated(call, states, 0)));
  return tuple_of(std::move(all));
}

IValue lstm(Call& call) {
  // PyTorch has input, forget, cell, output; ONNX input, output, forget, cell.
  return recurrent(call, {"LSTM", {0, 3, 1, 2}, {"Sigmoid", "Tanh", "Tanh"}, 2});
}
IValue gru(Call& call) {
  // PyTorch has reset, update, new; ONNX update, reset, new.
  return recurrent(call, {"GRU", {1, 0, 2}, {"Sigmoid", "Tanh"}, 1});
}
IValue rnn_tanh(Call& call) {
  return recurrent(call, {"RNN", {0}, {"Tanh"}, 1});
}
IValue rnn_relu(Call& call) {
  return recurrent(call, {"RNN", {0}, {"Relu"}, 1});
}

constexpr std::string_view kArguments =
    "input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first";

constexpr AtenOperator kOperators[] = {
    {"lstm", kArguments, lstm},
    {"gru", kArguments, gru},
    {"rnn_tanh", kArguments, rnn_tanh},
    {"rnn_relu", kArguments, rnn_relu},
};

}  // namespace

std::span<const AtenOperator> recurrent_operators() {
  return kOperators;
}

}  // namespace headway::script
