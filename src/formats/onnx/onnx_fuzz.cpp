#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "headway/error.h"

#include "base/fuzz_seeds.h"
#include "formats/onnx/model_builder.h"
#include "formats/onnx/read.h"
#include "formats/onnx/write.h"
#include "formats/onnx/write_form.h"
#include "graph/text.h"
#include "graph/verify.h"

using namespace headway;
using namespace headway::onnx;

namespace {

/// Files that reach deep into the reader; mutation alone would hardly find them.
std::vector<std::string> seeds() {
  const std::string bytes(16, '\x01');
  const auto with = [](ModelBuilder model) { return model.output("y").bytes(); };
  return {
      with(ModelBuilder(17)
               .input("x", {1, -1})
               .floats("w", {1, 2})
               .node("Gemm", {"x", "w"}, {"y"}, {float_attribute("alpha", 0.5f)})),
      with(ModelBuilder(7)
               .input("x", {1, 2, 3})
               .node("Softmax", {"x"}, {"a"}, {int_attribute("axis", 1)})
               .node("Clip", {"a"}, {"b"}, {float_attribute("min", 0)})
               .node("Unsqueeze", {"b"}, {"c"}, {ints_attribute("axes", {0})})
               .node("Upsample", {"c"}, {"y"}, {floats_attribute("scales", {1, 1, 2, 2})})),
      with(ModelBuilder(18)
               .input("x", {1, 4})
               .initializer(raw_tensor("axes", 7, {2}, bytes))
               .node("ReduceMean", {"x", "axes"}, {"m"})
               .node("Constant", {}, {"k"},
                     {message_attribute("value", AttributeField::kTensor, AttributeType::kTensor,
                                        raw_tensor("", 10, {8}, bytes))})
               .node("GroupNormalization", {"m", "k", "k"}, {"y"},
                     {int_attribute("num_groups", 2)})),
      with(ModelBuilder(17)
               .initializer(external_tensor("w", {2}, {{"location", "f"}, {"offset", "8"}}))
               .node("Relu", {"w"}, {"y"}, {string_attribute("mode", "a")}, "com.example")),
  };
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  write_seeds({*arguments, static_cast<std::size_t>(*count)}, seeds());
  return 0;
}

// What is read must be sound, and must read the same once written.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Graph graph;
  try {
    graph = read_bytes(std::string(reinterpret_cast<const char*>(data), size),
                       "/nonexistent-model-folder");
  } catch (const Error&) {
    return 0;
  }
  verify(graph);
  std::string written;
  try {
    // A newer opset has other encodings, which mutated nodes need not have.
    constexpr std::int64_t kPlainOpset = 17;
    if (write_form(graph).opset != kPlainOpset) return 0;
    written = to_onnx(graph);
  } catch (const Error&) {  // Attributes of nodes that nobody has checked yet.
    return 0;
  }
  const std::string text = print_graph(graph, ConstantText::kFull);
  const std::string again = print_graph(read_bytes(written), ConstantText::kFull);
  if (again != text) {
    std::cerr << text << "is written as\n" << again;
    std::abort();
  }
  return 0;
}
