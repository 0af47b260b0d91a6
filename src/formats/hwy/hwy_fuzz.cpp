#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/fuzz_seeds.h"
#include "formats/hwy/file_layout.h"
#include "formats/hwy/hwy.h"
#include "formats/hwy/writer_id.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "ops/operator.h"

using namespace headway;

namespace {

CompiledModel read(const char* data, std::size_t size) {
  const Tensor bytes = Tensor::from({static_cast<std::int64_t>(size)},
                                    std::span(reinterpret_cast<const std::uint8_t*>(data), size));
  const auto owner = std::make_shared<Tensor>(bytes);
  return read_hwy({static_cast<const std::byte*>(bytes.raw()), size}, "fuzz", owner);
}

/// Compiled models with everything that a file can hold, as this build writes them.
std::vector<std::string> seeds() {
  CompiledModel product, conv;
  product.target = {"avx512", 16, 2, true, true};
  product.graph = parse_graph(R"(graph product (%x: float32[2,3]) -> (%y, %flag) {
    %w: float32[3,4] = constant random(1)
    %words: int64[2] = constant {8, -1}
    %flag: bool[2] = constant {true, false}
    %m = headway.FusedMatMul(%x, %w) {activation = "Relu"}
    %y = Reshape(%m, %words)
  })");
  for (const char* layout : {"gemm 3 4", "gemm transposed"})
    product.packed.push_back({0, layout, Tensor::zeros(DType::kFloat32, {16})});
  product.packed_only = {0};
  conv.target = {"portable", 8, 1, false, false};
  conv.choices = "conv 1\tdirect\n";
  conv.graph = parse_graph(R"(graph conv (%x: float32[1,2,3,3]) -> (%y) {
    %w: float32[2,2,1,1] = constant random(1)
    %b: float32[2] = constant {0.5, 1.0}
    %c = headway.FusedConv(%x, %w, %b) {activation = "Relu", pads = [0, 0, 0, 0]}
    %p = MaxPool(%c) {kernel_shape = [2, 2]}
    %y = Cast(%p) {to = 10}
  })");
  return {to_hwy(product), to_hwy(conv)};
}

/// A corpus outlives the sources whose digest its files carry.
void claim(std::string& bytes) {
  hwy::Header header;
  if (bytes.size() < sizeof header) return;
  std::memcpy(&header, bytes.data(), sizeof header);
  header.writer = {};
  std::ranges::copy(writer_id(), header.writer.begin());
  header.file_bytes = bytes.size();
  std::memcpy(bytes.data(), &header, sizeof header);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  write_seeds({*arguments, static_cast<std::size_t>(*count)}, seeds());
  return 0;
}

// What is read must be sound, and must be written as it was read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  claim(bytes);
  CompiledModel model;
  try {
    model = read(bytes.data(), bytes.size());
  } catch (const Error&) {
    return 0;
  }
  verify(model.graph);
  const std::string written = to_hwy(model);
  if (to_hwy(read(written.data(), written.size())) != written) std::abort();
  try {
    infer_types(model.graph);
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
