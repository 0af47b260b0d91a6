#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/context.h"
#include "kernels/movement/lanes.h"

namespace headway {

/// One channel of one input.
struct SelectedChannel {
  std::int64_t input = 0;
  std::int64_t channel = 0;
};

/// A selection of channels planned for one shape and one instruction set: concat, split and shuffle
/// of channels in one pass. Tensors are blocked, [batch, ceil(channels / B), pixels, B], where B is
/// the loops' width; lanes beyond the last channel may hold anything, before and after. Immutable;
/// holds no data.
class SelectChannels {
 public:
  /// `input_channels`: of each input. `selected`: where each output channel comes from, at least
  /// one.
  SelectChannels(std::int64_t batch, std::int64_t pixels,
                 std::span<const std::int64_t> input_channels,
                 std::span<const SelectedChannel> selected, const InnerLoops& loops);

  /// `inputs` point to floats; none overlaps the output.
  void run(const KernelContext& context, std::span<const void* const> inputs,
           float* output) const noexcept;

 private:
  struct SourceBlock {
    std::size_t input = 0;
    std::int64_t block = 0;
    friend bool operator==(const SourceBlock&, const SourceBlock&) = default;
  };
  /// A block of output channels: sources and picks [first, first + count).
  struct OutputBlock {
    std::size_t first = 0;
    int count = 0;
    bool copies = false;  ///< All lanes stay where they are in the only source.
  };

  void plan_block(std::span<const SelectedChannel> channels);
  void run_block(const KernelContext& context, std::span<const void* const> inputs,
                 std::int64_t image, std::int64_t block, std::int64_t first_pixel,
                 float* output) const noexcept;

  std::int64_t batch_, pixels_, lanes_;
  std::vector<std::int64_t> input_blocks_;
  std::vector<SourceBlock> sources_;
  std::vector<LanePick> picks_;
  std::vector<OutputBlock> blocks_;
};

}  // namespace headway
