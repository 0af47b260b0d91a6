#include "engine_testing.h"

namespace headway {
namespace {

/// Weights whose products neither grow nor vanish on the way through a deep network.
std::string weights(const std::string& name, int out, int in, int kernel) {
  const std::string k = std::to_string(kernel);
  return "%" + name + ": float32[" + std::to_string(out) + "," + std::to_string(in) + "," + k +
         "," + k + "] = constant random(" + std::to_string(name.size() * 7 + name.back()) + ")\n";
}

/// Everything on each instruction set and number of threads, against the reference; no node may run
/// on its reference kernel. Returns how many steps there are.
std::size_t steps_of(const std::string& text) {
  SCOPED_TRACE(text);
  const Model model = model_of(text);
  std::vector<Tensor> inputs;
  for (const ValueInfo& info : model.inputs()) inputs.push_back(random_tensor(info.shape, 1));
  const std::vector<Tensor> expected = run_reference(model.graph(), inputs);
  std::size_t steps = 0;
  for (const std::string& isa : available_isas()) {
    const ScopedVariable force("HEADWAY_ISA", isa);
    for (const int threads : {1, 2}) {
      const Program program = model.compile({.threads = threads});
      EXPECT_EQ(program.summary().reference_nodes, 0u) << isa;
      Session session(program);
      const auto actual = session.run(inputs);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_LT(relative_error(actual[i], expected[i]), 1e-4) << isa;
      }
      steps = program.summary().nodes;
    }
  }
  return steps;
}

std::string conv(const std::string& to, const std::string& from, const std::string& weights,
                 const std::string& attributes = "", bool relu = true) {
  const std::string sum = "%" + to + (relu ? "_sum" : "");
  return sum + " = Conv(%" + from + ", %" + weights + ") {" + attributes + "}\n" +
         (relu ? "%" + to + " = Relu(" + sum + ")\n" : "");
}

/// pointwise, depthwise, pointwise
std::string branch(const std::string& to, const std::string& from, const std::string& first,
                   int stride) {
  const std::string strides = std::to_string(stride) + ", " + std::to_string(stride);
  return conv(to + "p", from, first) +
         conv(to + "d", to + "p", "wd",
              "group = 22, pads = [1, 1, 1, 1], strides = [" + strides + "]", false) +
         conv(to, to + "d", "wp");
}

std::string shuffled(const std::string& to, const std::string& a, const std::string& b) {
  return "%" + to + "_j = Concat(%" + a + ", %" + b + ") {axis = 1}\n%" + to + "_g = Reshape(%" +
         to + "_j, %grouped)\n%" + to + "_t = Transpose(%" + to +
         "_g) {perm = [0, 2, 1, 3, 4]}\n%" + to + " = Reshape(%" + to + "_t, %image)\n";
}

/// A stage of ShuffleNet v2: a unit that halves the image, and two that split its channels.
std::string shuffle_net(int batch) {
  const std::string n = std::to_string(batch);
  std::string text = "graph net (%x: float32[" + n + ",3,24,20]) -> (%y) {\n" +
                     weights("stem", 24, 3, 3) + weights("wi", 22, 24, 1) +
                     weights("wx", 24, 1, 3) + weights("wd", 22, 1, 3) + weights("wp", 22, 22, 1) +
                     weights("last", 30, 44, 1) + "%grouped: int64[5] = constant {" + n +
                     ", 2, 22, 3, 3}\n%image: int64[4] = constant {" + n + ", -1, 3, 3}\n";
  text += conv("s", "x", "stem", "strides = [2, 2], pads = [1, 1, 1, 1]");
  text += "%m = MaxPool(%s) {kernel_shape = [3, 3], strides = [2, 2], pads = [0, 0, 0, 1]}\n";
  text += conv("l1", "m", "wx", "group = 24, strides = [2, 2], pads = [1, 1, 1, 1]", false);
  text += conv("l", "l1", "wi") + branch("r", "m", "wi", 2) + shuffled("u", "l", "r");
  for (const std::string unit : {"v", "w"}) {
    const std::string before = unit == "v" ? "u" : "v";
    text += "%" + unit + "a, %" + unit + "b = Split(%" + before + ") {axis = 1, num_outputs = 2}\n";
    text += branch(unit + "r", unit + "b", "wp", 1) + shuffled(unit, unit + "a", unit + "r");
  }
  return text + conv("z", "w", "last") + "%y = ReduceMean(%z) {axes = [2, 3], keepdims = 0}\n}\n";
}

TEST(Channels, ShuffleNet) {
  for (const int batch : {1, 2}) steps_of(shuffle_net(batch));
}

std::string two_convolutions(const std::string& between, const std::string& outputs = "%y") {
  return "graph g (%x: float32[1,3,9,8]) -> (" + outputs + ") {\n" + weights("first", 32, 3, 3) +
         weights("half", 16, 16, 3) + weights("any", 7, 48, 1) + conv("c", "x", "first") + between +
         "\n}\n";
}

TEST(Channels, WholeBlocksOfOneImageAreNotCopied) {
  // The two convolutions and the way back to the plain layout.
  EXPECT_EQ(steps_of(two_convolutions("%u, %v = Split(%c) {axis = 1, num_outputs = 2}\n" +
                                      conv("y", "v", "half"))),
            3u);
}

TEST(Channels, MaximaOfFoursNeedNoStep) {
  const std::string pooled = "%y = MaxPool(%d) {kernel_shape = [2, 2], strides = [2, 2]}\n}\n";
  const std::string net = weights("first", 20, 3, 3) + weights("second", 37, 20, 3) +
                          conv("c", "x", "first", "pads = [1, 1, 1, 1]");
  // The two convolutions and the way back to the plain layout, whichever algorithms they take.
  for (const std::string padding : {"", "pads = [1, 1, 1, 1]"}) {
    EXPECT_EQ(steps_of("graph g (%x: float32[2,3,13,9]) -> (%y) {\n" + net +
                       conv("d", "c", "second", padding) + pooled),
              3u);
  }
}

TEST(Channels, PartsAreOutputs) {
  steps_of(two_convolutions("%u, %v = Split(%c) {axis = 1, num_outputs = 2}\n%y = Relu(%v)",
                            "%y, %u, %v"));
}

TEST(Channels, PartsAreNotOverwrittenWhileTheRestIsRead) {
  steps_of(
      two_convolutions("%u, %v = Split(%c) {axis = 1, num_outputs = 2}\n%e = Exp(%v)\n"
                       "%s = Sigmoid(%u)\n%t = Add(%e, %s)\n%y = Add(%t, %u)"));
}

TEST(Channels, PartsMeetTheirWholeInAConcat) {
  // Three convolutions, a Concat that has nothing to copy, and the way back to the plain layout.
  EXPECT_EQ(
      steps_of(two_convolutions("%u, %v = Split(%c) {axis = 1, num_outputs = 2}\n" +
                                conv("r", "v", "half", "pads = [1, 1, 1, 1]") +
                                "%j = Concat(%u, %v, %r) {axis = 1}\n" + conv("y", "j", "any"))),
      5u);
}

TEST(Channels, APartIsCopiedIntoAConcat) {
  steps_of(two_convolutions("%u, %v = Split(%c) {axis = 1, num_outputs = 2}\n" +
                            conv("r", "v", "half", "pads = [1, 1, 1, 1]") +
                            "%j = Concat(%v, %r, %u) {axis = 1}\n" + conv("y", "j", "any")));
}

}  // namespace
}  // namespace headway
