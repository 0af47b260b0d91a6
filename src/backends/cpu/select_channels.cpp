#include "kernels/movement/select_channels.h"

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "kernels/inner_loops.h"
#include "ops/select_channels.h"

namespace headway::cpu {
namespace {

class SelectChannelsStep final : public Step {
 public:
  SelectChannelsStep(SelectChannels kernel, const Lowering& lowering)
      : kernel_(std::move(kernel)), loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    kernel_.run({pool, loops_}, operands.inputs, float_output(operands));
  }

 private:
  SelectChannels kernel_;
  const InnerLoops& loops_;
};

}  // namespace

std::unique_ptr<Step> lower_select_channels(const Node& node, Lowering& lowering) {
  const Shape shape = shape_of(node.output());
  if (!is_float(node.output()) || shape[4] != lowering.loops.width) return nullptr;
  std::vector<SelectedChannel> selected;
  for (const auto& [input, channel] : selected_channels(node)) {
    selected.push_back({static_cast<std::int64_t>(input), channel});
  }
  return std::make_unique<SelectChannelsStep>(
      SelectChannels(shape[0], shape[2] * shape[3], node.get_ints("channels", {}), selected,
                     lowering.loops),
      lowering);
}

}  // namespace headway::cpu
