#include "kernels/movement/select_channels.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// Pixels that one task computes: the blocks they are picked from stay in the L1 cache while one
/// output block after the other reads them.
constexpr std::int64_t kTaskPixels = 64;

}  // namespace

SelectChannels::SelectChannels(std::int64_t batch, std::int64_t pixels,
                               std::span<const std::int64_t> input_channels,
                               std::span<const SelectedChannel> selected, const InnerLoops& loops)
    : batch_(batch), pixels_(pixels), lanes_(loops.width) {
  for (const std::int64_t channels : input_channels) {
    input_blocks_.push_back((channels + lanes_ - 1) / lanes_);
  }
  const auto lanes = static_cast<std::size_t>(lanes_);
  for (std::size_t first = 0; first < selected.size(); first += lanes) {
    plan_block(selected.subspan(first, std::min(lanes, selected.size() - first)));
  }
}

void SelectChannels::plan_block(std::span<const SelectedChannel> channels) {
  OutputBlock block{sources_.size()};
  bool stays = true;
  for (std::size_t lane = 0; lane < channels.size(); ++lane) {
    const SourceBlock source{static_cast<std::size_t>(channels[lane].input),
                             channels[lane].channel / lanes_};
    const auto begin = sources_.begin() + static_cast<std::ptrdiff_t>(block.first);
    const auto found = std::find(begin, sources_.end(), source);
    const auto index = static_cast<std::size_t>(found - sources_.begin());
    if (found == sources_.end()) {
      sources_.push_back(source);
      std::ranges::fill(picks_.emplace_back().from, -1);
    }
    const std::int64_t from = channels[lane].channel % lanes_;
    picks_[index].from[lane] = static_cast<std::int32_t>(from);
    stays = stays && from == static_cast<std::int64_t>(lane);
  }
  block.count = static_cast<int>(sources_.size() - block.first);
  block.copies = stays && block.count == 1;
  blocks_.push_back(block);
}

void SelectChannels::run_block(const KernelContext& context, std::span<const void* const> inputs,
                               std::int64_t image, std::int64_t block, std::int64_t first_pixel,
                               float* output) const noexcept {
  const OutputBlock& planned = blocks_[static_cast<std::size_t>(block)];
  std::array<const float*, LanePick::kMaxLanes> sources;
  for (std::size_t i = 0; i < static_cast<std::size_t>(planned.count); ++i) {
    const SourceBlock& source = sources_[planned.first + i];
    const std::int64_t plane = image * input_blocks_[source.input] + source.block;
    sources[i] =
        static_cast<const float*>(inputs[source.input]) + (plane * pixels_ + first_pixel) * lanes_;
  }
  const std::int64_t plane = image * static_cast<std::int64_t>(blocks_.size()) + block;
  const std::int64_t pixels = std::min(kTaskPixels, pixels_ - first_pixel);
  float* to = output + (plane * pixels_ + first_pixel) * lanes_;
  if (planned.copies) {
    std::memcpy(to, sources[0], static_cast<std::size_t>(pixels * lanes_) * sizeof(float));
  } else {
    context.loops.select_lanes(
        {picks_.data() + planned.first, sources.data(), planned.count, pixels, to});
  }
}

void SelectChannels::run(const KernelContext& context, std::span<const void* const> inputs,
                         float* output) const noexcept {
  const auto blocks = static_cast<std::int64_t>(blocks_.size());
  const std::int64_t pieces = (pixels_ + kTaskPixels - 1) / kTaskPixels;
  for_tasks(context, batch_ * pieces * blocks, std::min(pixels_, kTaskPixels) * lanes_,
            [&](std::int64_t first, std::int64_t last, int) {
              for (std::int64_t task = first; task < last; ++task) {
                const std::int64_t piece = task / blocks;
                run_block(context, inputs, piece / pieces, task % blocks,
                          piece % pieces * kTaskPixels, output);
              }
            });
}

}  // namespace headway
