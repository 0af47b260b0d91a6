#include "pytorch/mode.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "pytorch/tensors.h"

namespace headway::workers {
namespace {

/// Three runs: the profiling executor specializes the graph after the first.
std::string executed_graph(Mode mode) {
  const c10::InferenceMode inference;
  torch::jit::Module module("network");
  module.register_parameter("weight", at::ones({4, 3, 3, 3}), false);
  module.register_attribute("training", c10::BoolType::get(), false);
  module.define(R"(
def forward(self, x):
  y = torch.conv2d(x, self.weight, None, [1, 1], [1, 1])
  return torch.relu(y) * 2.0 + y
)");
  prepare(module, mode, false);
  const at::Tensor input = at::ones({1, 3, 8, 8});
  for (int call = 0; call < 3; ++call) module.forward({input});
  const std::string graph = torch::jit::lastExecutedOptimizedGraph()->toString(false);
  torch::jit::setGraphExecutorOptimize(true);
  return graph;
}

TEST(ModeTest, EagerRunsTheOperatorsAsWritten) {
  for (const Mode mode : {Mode::kEager, Mode::kChannelsLast}) {
    const std::string graph = executed_graph(mode);
    for (const char* kept :
         {"aten::conv2d", "aten::relu", "aten::mul", "aten::add", "prim::GetAttr"}) {
      EXPECT_NE(graph.find(kept), std::string::npos) << kept << " is missing in\n" << graph;
    }
    for (const char* added : {"Group", "prim::profile", "prim::TypeCheck", "Fallback", "mkldnn"}) {
      EXPECT_EQ(graph.find(added), std::string::npos) << added << " is in\n" << graph;
    }
  }
}

TEST(ModeTest, OptimizedFreezesTheWeights) {
  EXPECT_EQ(executed_graph(Mode::kOptimized).find("prim::GetAttr"), std::string::npos);
}

TEST(ModeTest, TracedIsNotEager) {
  EXPECT_NE(executed_graph(Mode::kTraced), executed_graph(Mode::kEager));
}

TEST(ModeTest, ChannelsLastReordersTheWeights) {
  torch::jit::Module module("network");
  module.register_parameter("weight", at::ones({4, 3, 3, 3}), false);
  prepare(module, Mode::kChannelsLast, false);
  torch::jit::setGraphExecutorOptimize(true);
  EXPECT_TRUE(module.attr("weight").toTensor().is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST(ModeTest, NamesTheModes) {
  EXPECT_EQ(parse_mode({}), Mode::kEager);
  EXPECT_EQ(parse_mode({{"mode", "traced"}}), Mode::kTraced);
  EXPECT_THROW(parse_mode({{"mode", "fast"}}), Error);
}

TEST(TensorsTest, FlattensNestedResults) {
  const at::Tensor one = at::ones({2});
  c10::Dict<std::string, at::Tensor> dictionary;
  dictionary.insert("logits", one);
  const auto result =
      c10::ivalue::Tuple::create({one, c10::List<at::Tensor>({one, one}), dictionary});
  std::vector<std::string> names;
  for (const bench::NamedTensor& tensor : flatten(result)) names.push_back(tensor.name);
  EXPECT_EQ(names, (std::vector<std::string>{"output_0", "output_1_0", "output_1_1", "logits"}));
  EXPECT_THROW(flatten(c10::IValue(3)), Error);
}

TEST(TensorsTest, GivesStridedTensorsBackRowMajor) {
  const Tensor tensor = to_host(at::arange(6, at::kFloat).reshape({2, 3}).t());
  EXPECT_EQ(tensor.shape(), (Shape{3, 2}));
  EXPECT_EQ(std::vector<float>(tensor.values<float>().begin(), tensor.values<float>().end()),
            (std::vector<float>{0, 3, 1, 4, 2, 5}));
}

TEST(TensorsTest, KeepsEveryDtype) {
  for (const DType dtype :
       {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16, DType::kInt8,
        DType::kUInt8, DType::kInt16, DType::kInt32, DType::kInt64, DType::kBool}) {
    const Tensor tensor = Tensor::zeros(dtype, {2, 0, 3});
    EXPECT_EQ(to_host(view_of(tensor)).dtype(), dtype);
    EXPECT_EQ(to_host(view_of(Tensor::zeros(dtype, {3}))).dtype(), dtype);
  }
}

}  // namespace
}  // namespace headway::workers
