#include <algorithm>
#include <limits>

#include "formats/torchscript/op_map.h"
#include "formats/torchscript/window.h"

namespace headway::torchscript {
namespace {

std::vector<std::int64_t> kernel_of(const Emitter& emitter) {
  auto kernel = emitter.node().get_ints("kernel_shape", {});
  if (kernel.empty() || kernel.size() > 3)
    emitter.fail("it has ", kernel.size(), " spatial dimensions");
  return kernel;
}

std::string suffix(const Window& window) {
  return std::to_string(window.rank()) + "d";
}

void emit_max_pool(Emitter& emitter) {
  const Node& node = emitter.node();
  if (node.output(1) != nullptr) emitter.fail("its indices are used");
  const Window window =
      window_of(emitter, kernel_of(emitter), -std::numeric_limits<double>::infinity(), true);
  emitter.assign(
      call("max_pool" + suffix(window),
           {window.input, list(window.kernel), list(window.strides), list(window.padding),
            list(window.dilations), truth(node.get_int("ceil_mode", 0) != 0)}));
}

void emit_average_pool(Emitter& emitter) {
  const Node& node = emitter.node();
  const Window window = window_of(emitter, kernel_of(emitter), 0, true);
  bool counts_padding = node.get_int("count_include_pad", 0) != 0;
  if (std::ranges::any_of(window.dilations, [](std::int64_t step) { return step != 1; }))
    emitter.fail("average pooling with dilations");
  if (window.input != emitter.tensor(0)) {
    if (!counts_padding) emitter.fail("uneven padding that does not count");
    counts_padding = false;
  }
  emitter.assign(
      call("avg_pool" + suffix(window),
           {window.input, list(window.kernel), list(window.strides), list(window.padding),
            truth(node.get_int("ceil_mode", 0) != 0), truth(counts_padding)}));
}

std::size_t spatial_rank(const Emitter& emitter) {
  const std::int64_t rank = emitter.rank(0);
  if (rank < 3 || rank > 5) emitter.fail("its input has ", rank, " dimensions");
  return static_cast<std::size_t>(rank - 2);
}

void emit_global_average_pool(Emitter& emitter) {
  const std::size_t rank = spatial_rank(emitter);
  emitter.assign(call("adaptive_avg_pool" + std::to_string(rank) + "d",
                      {emitter.tensor(0), list(std::vector<std::int64_t>(rank, 1))}));
}

void emit_global_max_pool(Emitter& emitter) {
  std::vector<std::int64_t> axes;
  for (std::int64_t axis = 2; axis < emitter.rank(0); ++axis) axes.push_back(axis);
  emitter.assign(call("amax", {emitter.tensor(0), list(axes), "True"}));
}

constexpr OpMapping kMappings[] = {{"MaxPool", emit_max_pool},
                                   {"AveragePool", emit_average_pool},
                                   {"GlobalAveragePool", emit_global_average_pool},
                                   {"GlobalMaxPool", emit_global_max_pool}};

}  // namespace

std::span<const OpMapping> pool_mappings() {
  return kMappings;
}

}  // namespace headway::torchscript
