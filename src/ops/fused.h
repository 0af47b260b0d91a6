#pragma once

#include "ops/activation.h"

// The internal operators of the domain "headway" that passes make. Readers never produce them and
// writers expand them.
//
//   FusedConv(X, W, B?, Z?) -> Y      Y = act(conv(X, W) + B + Z)
//     Attributes of Conv; B is [out_channels]; Z (the residual) has exactly Y's shape.
//
//   FusedGemm(A, B, C?) -> Y          Y = act(alpha · op(A) · op(B) + beta · C)
//     Attributes of Gemm (alpha, beta, transA, transB); C is broadcast to Y.
//
//   FusedMatMul(A, B, C?, Z?) -> Y    Y = act(matmul(A, B) + C + Z)
//     A and B as in MatMul, but with transB = 1 the last two axes of B are swapped; C (the bias)
//     and Z (the residual) are broadcast to Y.
//
//   FusedBatchNormalization(X, scale, B, mean, variance) -> Y
//     Attributes of BatchNormalization; Y = act(BatchNormalization(...)).
//
//   Silu(X) -> Y                      Y = X · sigmoid(X)
//
//   BlockChannels(X) -> Y             Y[n, c / block, y, x, c % block] = X[n, c, y, x]
//     Attribute block; lanes beyond the last channel are zero.
//
//   UnblockChannels(X) -> Y           The inverse. Attribute channels.
//
//   SelectChannels(X0, X1, ...) -> Y  Y[:, i] = concat(X0, X1, ...)[:, indices[i]]
//     All tensors are in blocks of channels. Attributes indices and channels, how many each input
//     has.
//
//   BlockedConv(X, W, B?, Z?, S?, T?) -> Y    FusedConv with Y and Z in blocks of channels
//     X is too, unless it has rank 4. With S (and T), which are broadcast to X, it convolves
//     X · S + T, or the positive part of that. Attributes of FusedConv, block,
//     input_activation, which is "" or "Relu", and max_pool, which is 0 or 2: of every 2 × 2 pixels
//     only the greatest are kept, as by a MaxPool behind it. Z has the size before that.
//
//   Elementwise(X0, X1, ...) -> Y     What the attribute body, a graph of element-wise operators
//     each broadcast to Y, makes of the inputs. For backends that compile it into one kernel.
//
//   ScaleShift(X, scale, shift) -> Y  Y = act(X · scale + shift)
//     scale and shift are broadcast to X.
//
// Blocked tensors are [N, ceil(C / block), H, W, block]. What the lanes beyond channel C hold is
// not specified, except where it says so above; no operator lets them reach a channel.
//
// All tensors of a node have one floating-point dtype. Sums and the activation are computed without
// intermediate rounding in the reference kernels.
//
// act is given by these attributes (all optional; absent means no activation):
//   activation        string: "", "Relu", "Clip", "Sigmoid", "HardSigmoid", "HardSwish", "SiLU",
//                     "LeakyRelu", "Gelu", "GeluTanh"
//   activation_min    float, of Clip (default: lowest float)
//   activation_max    float, of Clip (default: highest float)
//   activation_alpha  float, of HardSigmoid (default 0.2) and LeakyRelu (default 0.01)
//   activation_beta   float, of HardSigmoid (default 0.5)

namespace headway {

inline constexpr std::string_view kFusedDomain = "headway";

/// Inputs of an Elementwise node, and how many of them may be neither as large as its output nor
/// one element.
inline constexpr std::size_t kMostElementwiseInputs = 8, kMostRepeatedInputs = 3;

/// The activation of a fused node. Throws Error(kInvalidModel) naming the node if it does not
/// exist.
Activation fused_activation(const Node& node);

/// Writes the attributes that fused_activation reads.
void set_fused_activation(Attributes& attributes, const Activation& activation);

/// The activation that a node of the default domain stands for, if it is one of those above: Relu,
/// Clip with constant bounds, Sigmoid, HardSigmoid, HardSwish, LeakyRelu, Gelu, or Silu of this
/// domain.
std::optional<Activation> activation_of(const Node& node);

}  // namespace headway
