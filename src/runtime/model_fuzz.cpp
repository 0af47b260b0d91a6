#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "headway/error.h"
#include "headway/model.h"
#include "headway/session.h"

#include "base/fuzz_seeds.h"
#include "formats/onnx/model_builder.h"
#include "formats/onnx/write.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "runtime/model_mutator.h"

using namespace headway;
using namespace headway::onnx;

namespace {

/// Enough for any fault in shapes, and quick.
constexpr std::int64_t kMaxElements = 1 << 13;

constexpr const char* kSeeds[] = {
    R"(graph conv (%x: float32[N,4,6,5]) -> (%y) {
      %w: float32[4,2,3,3] = constant random(1)
      %b: float32[4] = constant random(2)
      %c = Conv(%x, %w, %b) {group = 2, pads = [1, 1, 1, 1], strides = [1, 1], dilations = [1, 1], kernel_shape = [3, 3]}
      %n = BatchNormalization(%c, %b, %b, %b, %b) {epsilon = 0.1}
      %r = Relu(%n)
      %a = Add(%r, %x)
      %p = MaxPool(%a) {kernel_shape = [2, 2], strides = [2, 1], pads = [0, 1, 0, 1], ceil_mode = 1}
      %v = AveragePool(%p) {kernel_shape = [2, 2], count_include_pad = 1, auto_pad = "SAME_UPPER"}
      %g = GlobalAveragePool(%v)
      %f = Flatten(%g) {axis = 1}
      %m: float32[4,3] = constant random(3)
      %h = Gemm(%f, %m) {alpha = 0.5, transB = 0}
      %y = Softmax(%h) {axis = 1}
    })",
    R"(graph transposed (%x: float32[1,3,4,4]) -> (%y, %z) {
      %w: float32[3,2,3,3] = constant random(1)
      %t = ConvTranspose(%x, %w) {strides = [2, 2], output_padding = [1, 1], pads = [1, 0, 1, 0]}
      %s: float32[4] = constant {1.0, 1.0, 1.5, 2.0}
      %y = Resize(%t, _, %s) {mode = "cubic", coordinate_transformation_mode = "align_corners"}
      %i: float32[2] = constant splat(0.5)
      %z = InstanceNormalization(%t, %i, %i)
    })",
    R"(graph movement (%x: float32[2,N,6], %k: int64[2]) -> (%y, %z, %u) {
      %axes: int64[1] = constant {1}
      %ends: int64[1] = constant {3}
      %steps: int64[1] = constant {-1}
      %s = Slice(%x, %axes, %ends, %axes)
      %t = Transpose(%x) {perm = [2, 0, 1]}
      %p: int64[6] = constant {1, 0, -1, 0, 2, 1}
      %d = Pad(%t, %p) {mode = "edge"}
      %shape: int64[2] = constant {-1, 2}
      %y = Reshape(%d, %shape)
      %g = Gather(%x, %k) {axis = 2}
      %c = Concat(%g, %x) {axis = 2}
      %split: int64[2] = constant {4, 4}
      %a, %b = Split(%c, %split) {axis = 2}
      %e = Squeeze(%s, %axes)
      %z = Unsqueeze(%a, %axes)
      %repeats: int64[3] = constant {1, 2, 1}
      %u = Tile(%b, %repeats)
    })",
    R"(graph shapes (%x: float32[N,3]) -> (%y, %z, %e, %h) {
      %s = Shape(%x)
      %zero: int64[] = constant {0}
      %n = Gather(%s, %zero)
      %one: int64[] = constant {1}
      %r = Range(%zero, %n, %one)
      %two: int64[2] = constant {2, 3}
      %c = ConstantOfShape(%two) {value = int64[1] {7}}
      %y = Expand(%c, %two)
      %depth: int64[] = constant {4}
      %values: float32[2] = constant {0.0, 1.0}
      %z = OneHot(%r, %depth, %values) {axis = 0}
      %e = EyeLike(%x) {k = 1}
      %k: int64[1] = constant {2}
      %h, %i = TopK(%x, %k) {axis = -1, largest = 0}
    })",
    R"(graph attention (%x: float32[1,4,6]) -> (%y) {
      %s: float32[6] = constant random(1)
      %w: float32[6,6] = constant random(2)
      %l = LayerNormalization(%x, %s, %s) {axis = -1}
      %q = MatMul(%l, %w)
      %k = MatMul(%l, %w)
      %t = Transpose(%k) {perm = [0, 2, 1]}
      %a = MatMul(%q, %t)
      %p = Softmax(%a)
      %o = MatMul(%p, %l)
      %g = Erf(%o)
      %y = Mul(%g, %x)
    })",
    R"(graph reduce (%x: float32[2,3,4], %i: int32[2,3,1]) -> (%a, %b, %c, %d, %e, %f) {
      %axes: int64[2] = constant {0, -1}
      %a = ReduceSum(%x, %axes) {keepdims = 0}
      %b = ReduceMean(%x) {axes = [1], keepdims = 1}
      %c = ArgMax(%x) {axis = 1, select_last_index = 1}
      %zero: int32[] = constant {1}
      %d = CumSum(%x, %zero) {reverse = 1}
      %e = GatherElements(%x, %i) {axis = 2}
      %f = Einsum(%x, %x) {equation = "abc,abd->acd"}
    })",
    R"(graph indices (%x: float32[3,4], %i: int64[2,1]) -> (%a, %b, %c, %d) {
      %u: float32[2,4] = constant random(1)
      %a = ScatterND(%x, %i, %u)
      %b = GatherND(%x, %i)
      %v: float32[2,1] = constant random(2)
      %c = ScatterElements(%x, %i, %v) {axis = 0, reduction = "add"}
      %d = Trilu(%x) {upper = 0}
    })",
    R"(graph integers (%x: uint8[2,3], %y: int32[2,3]) -> (%a, %b, %c, %d) {
      %s: float32[] = constant {0.5}
      %z: uint8[] = constant {3}
      %f = DequantizeLinear(%x, %s, %z)
      %a = QuantizeLinear(%f, %s, %z)
      %b = Cast(%y) {to = 1}
      %two: int32[] = constant {2}
      %c = Div(%y, %two)
      %d = Mod(%y, %two) {fmod = 0}
    })",
    R"(graph recurrent (%x: float32[3,1,2]) -> (%y, %h) {
      %w: float32[1,8,2] = constant random(1)
      %r: float32[1,8,2] = constant random(2)
      %y, %h = LSTM(%x, %w, %r) {hidden_size = 2, direction = "forward"}
    })",
    R"(graph image (%x: float32[1,4,2,2], %g: float32[1,3,3,2], %r: float32[1,4]) -> (%a, %b, %c, %d) {
      %a = DepthToSpace(%x) {blocksize = 2, mode = "CRD"}
      %b = GridSample(%x, %g) {mode = "bilinear", padding_mode = "border"}
      %i: int64[1] = constant {0}
      %c = RoiAlign(%x, %r, %i) {output_height = 2, output_width = 2, sampling_ratio = 1}
      %d = LRN(%x) {size = 3}
    })",
    R"(graph halves (%x: float16[2,3], %m: bool[2,3]) -> (%y, %w) {
      %c: float16[3] = constant {1.0, 2.0, 3.0}
      %p = Pow(%x, %c)
      %y = Where(%m, %p, %x)
      %top: float16[] = constant {1.0}
      %w = Clip(%x, _, %top)
    })",
};

/// The seeds as ONNX files.
std::vector<std::string> seeds() {
  std::vector<std::string> files;
  for (const char* text : kSeeds) {
    Graph graph = parse_graph(text);
    infer_types(graph);
    files.push_back(to_onnx(graph));
  }
  return files;
}

std::string model_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Small extents where the model leaves them open.
std::vector<Shape> shapes_of(const Graph& graph, Random& random) {
  std::map<std::string, std::int64_t> symbols;
  std::vector<Shape> shapes;
  for (const Value* input : graph.inputs()) {
    Shape shape;
    for (const Dim& dim : input->type.shape.value_or(SymbolicShape{Dim(), Dim(3)})) {
      const auto extent = static_cast<std::int64_t>(random.below(4));
      if (dim.is_symbol()) {
        shape.push_back(symbols.emplace(dim.symbol(), extent).first->second);
      } else {
        shape.push_back(dim.is_static() ? dim.extent() : extent);
      }
    }
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

bool is_small(const Shape& shape) {
  double elements = 1;
  for (const std::int64_t extent : shape) elements *= static_cast<double>(extent);
  return elements <= static_cast<double>(kMaxElements);
}

/// True if running the graph takes no time and memory worth mentioning.
bool is_small(const Graph& graph) {
  constexpr std::size_t kMaxNodes = 64;
  if (graph.node_count() > kMaxNodes) return false;
  for (const Node* node : graph.nodes()) {
    for (const Value* output : node->outputs()) {
      if (output == nullptr) continue;
      const auto shape = output->type.static_shape();
      if (!shape || !is_small(*shape)) return false;
    }
  }
  return true;
}

Tensor input_of(DType dtype, const Shape& shape, Random& random) {
  if (dtype == DType::kString) {
    std::vector<std::string> words(static_cast<std::size_t>(num_elements(shape)), "a");
    return Tensor::from<std::string>(shape, words);
  }
  Tensor numbers = Tensor::allocate(DType::kFloat32, shape);
  for (float& number : numbers.values<float>()) {
    const auto roll = static_cast<float>(random.below(8)) - 3;
    number = is_floating_point(dtype) ? roll * 0.75f : std::max(roll, -1.0f);
  }
  return numbers.to(dtype);
}

/// What a way of running says of the outputs: their types and shapes, or that it refused.
std::string run(const Graph& graph, const CompileOptions& options,
                const std::vector<Tensor>& inputs) {
  std::string described;
  try {
    Session session(Model(graph.clone()).compile(options));
    for (const Tensor& output : session.run(inputs))
      described += concat(name_of(output.dtype()), ' ', to_string(output.shape()), '\n');
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInternal) {
      std::cerr << print_graph(graph) << error.what() << '\n';
      std::abort();
    }
    return {};
  }
  return described;
}

void run_both(const Graph& graph, const std::vector<Shape>& shapes, Random& random) {
  std::vector<Tensor> inputs;
  for (std::size_t i = 0; i < shapes.size(); ++i)
    inputs.push_back(input_of(graph.inputs()[i]->type.dtype, shapes[i], random));
  const CompileOptions options = {.threads = 1, .tune = Tune::kOff};
  CompileOptions reference = options, bound = options;
  reference.reference = true;
  bound.input_shapes = shapes;
  const std::string expected = run(graph, reference, inputs);
  for (const CompileOptions& way : {options, bound}) {
    const std::string actual = run(graph, way, inputs);
    if (actual.empty() || expected.empty() || actual == expected) continue;
    std::cerr << print_graph(graph) << "gives\n"
              << actual << "where the reference gives\n"
              << expected;
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  write_seeds({*arguments, static_cast<std::size_t>(*count)}, seeds());
  return 0;
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max);

namespace {

std::size_t store(const Message& model, std::uint8_t* data, std::size_t max) {
  const std::string bytes = write_message(model);
  if (bytes.size() > max) return 0;
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max, unsigned int seed) {
  try {
    Message model = parse_message(MessageKind::kModel, {reinterpret_cast<const char*>(data), size});
    Mutator(model, seed).mutate();
    return store(model, data, max);
  } catch (const protozero::exception&) {
    return LLVMFuzzerMutate(data, size, max);
  }
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* a, std::size_t a_size,
                                                 const std::uint8_t* b, std::size_t b_size,
                                                 std::uint8_t* out, std::size_t max,
                                                 unsigned int seed) {
  try {
    Message model = parse_message(MessageKind::kModel, {reinterpret_cast<const char*>(a), a_size});
    Message other = parse_message(MessageKind::kModel, {reinterpret_cast<const char*>(b), b_size});
    Mutator(model, seed).cross_with(other);
    return store(model, out, max);
  } catch (const protozero::exception&) {
    return 0;
  }
}

// Whatever is read either runs, on every path and to the same shapes, or is refused with an Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Random random(size);
  Graph graph;
  std::vector<Shape> shapes;
  try {
    graph = read_bytes(model_of(data, size), "/nonexistent-model-folder");
    verify(graph);
    shapes = shapes_of(graph, random);
    if (!std::ranges::all_of(shapes, [](const Shape& shape) { return is_small(shape); })) return 0;
    infer_types(graph);
    Graph bound = graph.clone();
    infer_types(bound, shapes);
    if (!is_small(bound)) return 0;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInternal) {
      std::cerr << error.what() << '\n';
      std::abort();
    }
    return 0;
  }
  run_both(graph, shapes, random);
  return 0;
}
