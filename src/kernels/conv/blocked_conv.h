#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "kernels/brgemm/brgemm.h"
#include "kernels/context.h"
#include "kernels/conv/conv_shape.h"
#include "kernels/epilogue.h"

namespace headway {

enum class ConvAlgorithm : std::uint8_t {
  kDirect,
  kDepthwise,
  kWinograd2x2,  ///< Minimal filtering with output tiles of 2 × 2, and so on.
  kWinograd4x4,
  kWinograd4x4Half,  ///< With half transformed weights.
  kWinograd6x6,
};

const char* name_of(ConvAlgorithm algorithm) noexcept;

/// The input of a blocked convolution: act(data · scale + shift), where act is nothing or ReLU.
struct ConvInput {
  ConvInput(const float* values) noexcept : data(values) {}

  const float* data;
  const float* scale = nullptr;   ///< CB · B factors, or none.
  std::int64_t scale_stride = 0;  ///< From the factors of one image to those of the next.
  const float* shift = nullptr;   ///< CB · B addends, or none.
};

/// What is done to the input on the way, known when a kernel is planned. Needs a blocked input.
struct PrologueKind {
  bool scale = false;
  bool shift = false;  ///< Only with scale.
  bool relu = false;   ///< Only with scale.
};

/// What a convolution is planned for, besides its shape.
struct ConvPlan {
  EpilogueKind epilogue;
  PrologueKind prologue;
  bool plain_input = false;  ///< The input is [batch, channels, height, width], for few channels.
  int threads = 1;
};

/// A convolution over blocked tensors [batch, CB, height, width, B], where B is the loops' width,
/// CB = ceil(channels / B) and channel c lies at [c / B] … [c % B]; lanes beyond the last channel
/// may hold anything, before and after. Immutable; holds no data.
class BlockedConv {
 public:
  virtual ~BlockedConv() = default;

  /// Floats that pack writes; what it writes depends on algorithm and shape, but not on the batch.
  virtual std::size_t packed_size() const noexcept = 0;
  /// Rearranges weights [out_channels × in_channels/groups × kernel_height × kernel_width].
  /// `packed` must be 64-byte aligned.
  virtual void pack(const float* weights, float* packed) const noexcept = 0;

  /// Bytes of scratch memory that run needs, 64-byte aligned.
  virtual std::size_t scratch_bytes() const noexcept = 0;
  /// Whether run can do Epilogue::max_pool. Then there must be no residual.
  virtual bool can_pool() const noexcept { return false; }

  /// `input` and `epilogue` are of the kinds that were planned for. The epilogue's bias has whole
  /// blocks, CB · B elements; its residual lies like the output, and may be the output.
  virtual void run(const KernelContext& context, const ConvInput& input, const float* packed,
                   const Epilogue& epilogue, float* output, void* scratch) const noexcept = 0;
};

/// The algorithms that can compute it, the likeliest to be fastest first. Never empty.
/// `winograd`: also those that round differently from plain sums.
std::vector<ConvAlgorithm> conv_algorithms(const ConvShape& shape, const ConvPlan& plan,
                                           const InnerLoops& loops, bool winograd = true);

/// `tiles` must outlive the result.
std::unique_ptr<BlockedConv> plan_conv(ConvAlgorithm algorithm, const ConvShape& shape,
                                       const ConvPlan& plan, BrgemmSet& tiles);

}  // namespace headway
