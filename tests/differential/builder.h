#pragma once

#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "case.h"
#include "fill.h"

namespace headway::differential {

using DTypeList = std::vector<DType>;
using Ints = std::vector<std::int64_t>;

/// Makes a case node by node. Every node is computed by its reference kernel as it is added, so
/// that what follows can fit it. A node that the reference refuses is the last one.
class Builder {
 public:
  explicit Builder(std::uint64_t seed);

  // Choices.
  Random& random() noexcept { return random_; }
  std::int64_t between(std::int64_t low, std::int64_t high);
  bool chance(int percent) { return between(1, 100) <= percent; }
  template <typename T>
  T pick(const std::vector<T>& choices) {
    return choices[random_.below(choices.size())];
  }
  std::string pick(std::initializer_list<const char*> choices) {
    return choices.begin()[random_.below(choices.size())];
  }

  /// Mostly small extents, in some cases also zeros, ones and extents past a vector's width.
  Shape shape(std::int64_t min_rank, std::int64_t max_rank);
  std::int64_t extent();
  /// A shape that broadcasts to `shape`: some extents are 1, some leading ones are left out.
  Shape broadcastable(const Shape& shape);
  /// `axis` in [0, rank) or the same counted from the end.
  std::int64_t signed_axis(std::int64_t axis, std::size_t rank);
  std::int64_t axis_of(std::size_t rank) {
    return signed_axis(between(0, static_cast<std::int64_t>(rank) - 1), rank);
  }

  /// The main operand of an operator: a value that is there already, if graphs are grown and one
  /// fits, or a new input.
  ValueId value(const DTypeList& dtypes, std::int64_t min_rank = 0, std::int64_t max_rank = 5);
  ValueId value(const DTypeList& dtypes, std::int64_t min_rank, std::int64_t max_rank, Fill fill);
  /// A further operand: an input, a constant, or a value of that type that is there already.
  ValueId operand(DType dtype, const Shape& shape);
  ValueId operand(DType dtype, const Shape& shape, Fill fill);
  ValueId input(Tensor tensor);
  ValueId constant(Tensor tensor);
  ValueId input_or_constant(Tensor tensor);
  ValueId ints(const Ints& values);
  ValueId scalar(DType dtype, double value);

  /// The fill for operands that may be anything: the case's own.
  Fill fill() const noexcept { return fill_; }
  void forbid_special() noexcept;

  /// Adds a node. Its outputs' dtypes, if not those of its first input, matter only if the
  /// reference refuses it. Does not return if it does.
  ValueId node(std::string_view op_type, std::vector<ValueId> inputs, Attributes attributes = {},
               const DTypeList& outputs = {}, std::string_view domain = "");
  /// The same for several outputs; kOmitted where `wanted` is false.
  std::vector<ValueId> nodes(std::string_view op_type, std::vector<ValueId> inputs,
                             Attributes attributes, const DTypeList& outputs,
                             const std::vector<bool>& wanted = {}, std::string_view domain = "");

  const Tensor& tensor(ValueId id) const {
    return case_.values[static_cast<std::size_t>(id)].tensor;
  }
  const Shape& shape_of(ValueId id) const { return tensor(id).shape(); }
  DType dtype_of(ValueId id) const { return case_.values[static_cast<std::size_t>(id)].dtype; }
  std::size_t rank_of(ValueId id) const { return tensor(id).rank(); }

  /// True if the case has no other operator: the place for what ONNX Runtime is known to get wrong,
  /// which would spread to whatever reads it.
  bool alone() const noexcept { return alone_; }
  void set_alone() noexcept { alone_ = true; }

  /// No NaN and no infinity among its elements.
  bool is_finite(ValueId id) const;

  /// None of its extents is zero.
  bool has_elements(ValueId id) const { return tensor(id).size() > 0; }

  /// From now on operands are taken from what is there.
  void grow() noexcept {
    growing_ = true;
    alone_ = false;
  }

  /// Adds what `generate` makes; false if the case has come to its end.
  bool add(void (*generate)(Builder&));

  std::size_t node_count() const noexcept { return case_.nodes.size(); }

  /// Every value that nothing reads becomes an output, and some others; strings never.
  Case finish();

 private:
  struct Ended {};

  ValueId add_value(CaseValue::Kind kind, Tensor tensor);
  ValueId find(const DTypeList& dtypes, std::int64_t min_rank, std::int64_t max_rank);

  Random random_;
  Case case_;
  Fill fill_ = Fill::kPlain;
  bool with_zeros_ = false, with_long_ = false;
  bool growing_ = false, alone_ = false;
};

}  // namespace headway::differential
