#include "kernels/movement/select_channels.h"

#include <algorithm>
#include <deque>

#include "kernels/test_support.h"

namespace headway {
namespace {

class SelectChannelsTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(SelectChannelsTest);

/// Several blocked inputs with NaN in the lanes beyond their channels.
struct Inputs {
  std::vector<BlockedLayout> layouts;
  std::vector<std::int64_t> channels;
  std::deque<GuardedFloats> floats;
  std::vector<const void*> pointers;

  void add(const BlockedLayout& layout, Generator& generator) {
    layouts.push_back(layout);
    channels.push_back(layout.channels);
    GuardedFloats& added = floats.emplace_back(layout.size());
    generator.fill(added);
    layout.spoil_unused(added);
    pointers.push_back(added.data());
  }
};

void check(const KernelContext& context, const Inputs& inputs,
           const std::vector<SelectedChannel>& selected) {
  BlockedLayout layout = inputs.layouts[0];
  layout.channels = static_cast<std::int64_t>(selected.size());
  const SelectChannels kernel(layout.batch, layout.height * layout.width, inputs.channels, selected,
                              context.loops);
  GuardedFloats output(layout.size());
  kernel.run(context, inputs.pointers, output.data());
  for (std::int64_t image = 0; image < layout.batch; ++image) {
    for (std::int64_t channel = 0; channel < layout.channels; ++channel) {
      const auto [input, from] = selected[static_cast<std::size_t>(channel)];
      const auto source = static_cast<std::size_t>(input);
      for (std::int64_t pixel = 0; pixel < layout.height * layout.width; ++pixel) {
        ASSERT_EQ(output[layout.at(image, channel, 0, pixel)],
                  inputs.floats[source][inputs.layouts[source].at(image, from, 0, pixel)])
            << "image " << image << ", channel " << channel << ", pixel " << pixel;
      }
    }
  }
}

Inputs any_inputs(Generator& generator, std::int64_t most, std::int64_t lanes) {
  Inputs inputs;
  const std::int64_t batch = generator.integer(1, 3), height = generator.integer(1, 12),
                     width = generator.integer(1, 12);
  for (std::int64_t count = generator.integer(1, most); count > 0; --count) {
    inputs.add({batch, generator.integer(1, 70), height, width, lanes}, generator);
  }
  return inputs;
}

TEST_P(SelectChannelsTest, AnyChannelsOfAnyInputs) {
  Generator generator(1);
  for (int round = 0; round < 150 && !HasFatalFailure(); ++round) {
    const Inputs inputs = any_inputs(generator, 20, loops().width);
    std::vector<SelectedChannel> selected(static_cast<std::size_t>(generator.integer(1, 100)));
    for (SelectedChannel& one : selected) {
      one.input = generator.integer(0, static_cast<std::int64_t>(inputs.channels.size()) - 1);
      one.channel = generator.integer(0, inputs.channels[static_cast<std::size_t>(one.input)] - 1);
    }
    check(context(), inputs, selected);
  }
}

/// A piece of the inputs put one after the other, perhaps shuffled.
TEST_P(SelectChannelsTest, ConcatShuffleAndSplit) {
  Generator generator(2);
  for (int round = 0; round < 150 && !HasFatalFailure(); ++round) {
    const Inputs inputs = any_inputs(generator, 4, loops().width);
    std::vector<SelectedChannel> all, selected;
    for (std::size_t i = 0; i < inputs.channels.size(); ++i) {
      for (std::int64_t c = 0; c < inputs.channels[i]; ++c) {
        all.push_back({static_cast<std::int64_t>(i), c});
      }
    }
    const auto size = static_cast<std::int64_t>(all.size());
    const std::int64_t groups = generator.integer(1, std::min<std::int64_t>(4, size));
    const std::int64_t rounded = size / groups * groups;
    const std::int64_t first = generator.integer(0, rounded - 1);
    const std::int64_t last = generator.integer(first + 1, rounded);
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t from = i % groups * (rounded / groups) + i / groups;
      selected.push_back(all[static_cast<std::size_t>(from)]);
    }
    check(context(), inputs, selected);
  }
}

TEST_P(SelectChannelsTest, WholeBlocksOfManyPixels) {
  Generator generator(3);
  const std::int64_t lanes = loops().width;
  Inputs inputs;
  inputs.add({2, 3 * lanes, 30, 23, lanes}, generator);
  inputs.add({2, lanes - 1, 30, 23, lanes}, generator);
  std::vector<SelectedChannel> selected;
  for (std::int64_t c = 2 * lanes; c < 3 * lanes; ++c) selected.push_back({0, c});
  for (std::int64_t c = 0; c < lanes; ++c) selected.push_back({0, c});
  for (std::int64_t c = 0; c < lanes - 1; ++c) selected.push_back({1, c});
  check(context(), inputs, selected);
}

}  // namespace
}  // namespace headway
