#include "formats/torchscript/reader/call.h"

/// LSTM, GRU and plain recurrent networks: one node for each layer.
namespace headway::script {
namespace {

struct Kind {
  std::string_view op;
  Ints gates;  ///< ONNX's order of PyTorch's gates.
  std::vector<std::string> activations;
  std::vector<std::string_view> states;
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

IValue recurrent(Call& call, const Kind& kind) {
  // lstm(data, batch_sizes, hx, params, ...) has a tensor where the other form has states.
  const bool has_states = kind.states.size() == 1 ? call.is_list("params") : call.is_list("hx");
  if (!has_states || !call.is_list("params"))
    call.unsupported("a PackedSequence; pad the sequences instead");
  const std::vector<TensorRef> parameters = call.tensors("params");
  const bool biased = call.flag("has_biases"), batch_first = call.flag("batch_first");
  const auto layers = static_cast<std::size_t>(call.integer("num_layers"));
  const std::size_t directions = call.flag("bidirectional") ? 2 : 1;
  if (call.flag("train") && call.number("dropout") != 0) call.unsupported("it is in training mode");
  if (layers < 1 || layers > parameters.size()) call.unsupported(layers, " layers");
  const std::size_t stride = parameters.size() / (layers * directions);
  const std::size_t plain = biased ? 4 : 2;
  if (stride != plain) call.unsupported("a projection of its states (proj_size)");
  std::vector<Value*> initial;
  if (call.is_list("hx")) {
    for (const TensorRef& cell : call.tensors("hx")) initial.push_back(read(cell));
  } else {
    initial.push_back(call.tensor("hx"));
  }
  Value* x = call.tensor("input");
  if (call.rank(x) != 3 || initial.size() != kind.states.size())
    call.unsupported("an input without a batch");
  if (batch_first) x = call.transpose(x, {1, 0, 2});
  std::vector<std::vector<Value*>> last(initial.size());
  for (std::size_t layer = 0; layer < layers; ++layer) {
    const std::size_t first = layer * directions * stride;
    std::vector<Value*> inputs = {
        x, stacked(call, parameters, first, stride, directions, kind.gates),
        stacked(call, parameters, first + 1, stride, directions, kind.gates), nullptr, nullptr};
    if (biased)
      inputs[3] = call.node("Concat",
                            {stacked(call, parameters, first + 2, stride, directions, kind.gates),
                             stacked(call, parameters, first + 3, stride, directions, kind.gates)},
                            {{"axis", std::int64_t{1}}});
    const auto begin = static_cast<std::int64_t>(layer * directions);
    for (Value* state : initial)
      inputs.push_back(call.slice(state, 0, begin, begin + static_cast<std::int64_t>(directions)));
    std::vector<std::string> activations;
    for (std::size_t i = 0; i < directions; ++i)
      activations.insert(activations.end(), kind.activations.begin(), kind.activations.end());
    Attributes attributes = {
        {"hidden_size", call.extent(read(parameters.at(first + 1)), 1)},
        {"direction", std::string(directions == 2 ? "bidirectional" : "forward")},
        {"activations", activations}};
    if (kind.op == "GRU") attributes["linear_before_reset"] = std::int64_t{1};
    const std::vector<Value*> results =
        call.graph().add_all(kind.op, inputs, 1 + initial.size(), std::move(attributes));
    // [time, directions, batch, hidden] to [time, batch, directions * hidden]
    if (directions == 1) {
      x = call.squeeze(results[0], {1});
    } else {
      Value* both = call.transpose(results[0], {0, 2, 1, 3});
      const std::vector<Extent> extents = call.extents_of(both);
      x = call.reshape(both, {extents[0], extents[1], 2 * call.extent(both, 3)});
    }
    for (std::size_t i = 0; i < initial.size(); ++i) last[i].push_back(results[i + 1]);
  }
  if (batch_first) x = call.transpose(x, {1, 0, 2});
  std::vector<IValue> all = {tensor_result(x)};
  for (const auto& states : last) all.push_back(tensor_result(concatenated(call, states, 0)));
  return tuple_of(std::move(all));
}

IValue lstm(Call& call) {
  // PyTorch has input, forget, cell, output; ONNX input, output, forget, cell.
  return recurrent(call, {"LSTM", {0, 3, 1, 2}, {"Sigmoid", "Tanh", "Tanh"}, {"h", "c"}});
}
IValue gru(Call& call) {
  // PyTorch has reset, update, new; ONNX update, reset, new.
  return recurrent(call, {"GRU", {1, 0, 2}, {"Sigmoid", "Tanh"}, {"h"}});
}
IValue rnn_tanh(Call& call) {
  return recurrent(call, {"RNN", {0}, {"Tanh"}, {"h"}});
}
IValue rnn_relu(Call& call) {
  return recurrent(call, {"RNN", {0}, {"Relu"}, {"h"}});
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
