#pragma once

#include <initializer_list>

#include "ops/operator.h"

namespace headway {

/// A set of dtypes.
class DTypes {
 public:
  constexpr DTypes(std::initializer_list<DType> dtypes) {
    for (const DType dtype : dtypes) bits_ |= 1u << static_cast<unsigned>(dtype);
  }
  constexpr bool contains(DType dtype) const {
    return (bits_ >> static_cast<unsigned>(dtype) & 1u) != 0;
  }

 private:
  std::uint32_t bits_ = 0;
};

inline constexpr DTypes kFloatTypes = {DType::kFloat32, DType::kFloat64, DType::kFloat16,
                                       DType::kBFloat16};
inline constexpr DTypes kIntegerTypes = {DType::kInt8,   DType::kUInt8, DType::kInt16,
                                         DType::kUInt16, DType::kInt32, DType::kUInt32,
                                         DType::kInt64,  DType::kUInt64};
inline constexpr DTypes kNumberTypes = {DType::kFloat32,  DType::kFloat64, DType::kFloat16,
                                        DType::kBFloat16, DType::kInt8,    DType::kUInt8,
                                        DType::kInt16,    DType::kUInt16,  DType::kInt32,
                                        DType::kUInt32,   DType::kInt64,   DType::kUInt64};
inline constexpr DTypes kIndexTypes = {DType::kInt32, DType::kInt64};

// Checks shared by the shape rules. All throw Error(kInvalidModel) naming the node.

void require_dtype(const InferContext& context, std::size_t input, DTypes allowed);
/// All given inputs from `first` on have the dtype of input `first`.
void require_same_dtypes(const InferContext& context, std::size_t first = 0);
/// Does nothing if the rank is unknown.
void require_rank(const InferContext& context, std::size_t input, std::size_t rank);
void require_min_rank(const InferContext& context, std::size_t input, std::size_t rank);
/// A required or optional 1-D input of `count` elements (unless its extent is not known).
void require_vector(const InferContext& context, std::size_t input, const Dim& count);

/// Two inputs of the same shape, as far as both are known.
void require_same_shapes(const InferContext& context, std::size_t first, std::size_t second);

/// `axis` in [-rank, rank) made non-negative.
std::size_t resolve_axis(const Node& node, std::int64_t axis, std::size_t rank);
/// The same for a list without repetitions, sorted.
std::vector<std::size_t> resolve_axes(const Node& node, std::span<const std::int64_t> axes,
                                      std::size_t rank);

/// Output 0 has the type of input 0.
void same_as_input(InferContext& context);
/// The same, where input 0 must be floating-point.
void same_as_float_input(InferContext& context);
/// The same, where input 0 must not be bool.
void same_as_number_input(InferContext& context);

/// The known elements of an integer input; nullopt if they are not known.
std::optional<std::vector<std::int64_t>> known_ints(const InferContext& context, std::size_t input);

/// Products of the extents before / from / after an axis.
std::int64_t product(std::span<const std::int64_t> extents);

}  // namespace headway
