#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/torchscript/reader/operators.h"
#include "formats/torchscript/reader/recorder.h"

namespace headway::script {

using Ints = std::vector<std::int64_t>;

/// A number if it is one.
Extent extent_of(const IValue& value);

/// The value itself if it has that dtype.
Value* cast_to(TypedGraph& graph, Value* value, DType dtype);

/// Makes nodes. Cheap to copy, so that views can keep one.
class Builder {
 public:
  explicit Builder(Recorder& recorder) : recorder_(&recorder) {}

  Recorder& recorder() const noexcept { return *recorder_; }
  TypedGraph& graph() const noexcept { return recorder_->graph(); }

  Value* node(std::string_view op_type, std::vector<Value*> inputs,
              Attributes attributes = {}) const {
    return graph().add(op_type, std::move(inputs), std::move(attributes));
  }
  Value* cast(Value* value, DType dtype) const { return cast_to(graph(), value, dtype); }
  Value* scalar(double value, DType dtype) const { return graph().scalar(value, dtype); }
  Value* ints_value(const Ints& values) const { return graph().ints(values); }
  /// 1-D int64.
  Value* extents_value(const std::vector<Extent>& extents) const;
  /// Of a tensor whose rank is known.
  std::vector<Extent> extents_of(Value* value) const;
  /// Reshape; at most one extent needs to be computed.
  Value* reshape(Value* value, const std::vector<Extent>& extents) const;
  Value* expand(Value* value, const std::vector<Extent>& extents) const;
  Value* transpose(Value* value, const Ints& order) const;
  Value* squeeze(Value* value, const Ints& axes) const;
  Value* unsqueeze(Value* value, const Ints& axes) const;
  /// From `begin` to before `end` along one axis.
  Value* slice(Value* value, std::int64_t axis, std::int64_t begin, std::int64_t end,
               std::int64_t step = 1) const;
  /// `base` with `part` in the place of that slice.
  Value* put_slice(Value* base, Value* part, std::int64_t axis, std::int64_t begin,
                   std::int64_t end) const;
  /// The same where the slice begins at an extent that may be symbolic.
  Value* put_slice(Value* base, Value* part, std::int64_t axis, const Extent& begin) const;

 private:
  Recorder* recorder_;
};

/// One call of an operator: its arguments by name, and what is needed to make nodes of it. Errors
/// are Error(kUnsupported) or Error(kInvalidModel) that name the operator.
class Call : public Builder {
 public:
  Call(Recorder& recorder, const AtenOperator& op, std::vector<IValue> arguments,
       KeywordArguments keywords);

  std::string_view name() const noexcept { return op_.name; }

  const IValue& argument(std::string_view name) const;
  bool has(std::string_view name) const { return !is_none(argument(name)); }
  bool is_tensor(std::string_view name) const {
    return std::holds_alternative<TensorRef>(argument(name));
  }
  bool is_list(std::string_view name) const {
    return std::holds_alternative<ListRef>(argument(name));
  }

  TensorRef reference(std::string_view name) const;
  Value* tensor(std::string_view name) const { return read(reference(name)); }
  Value* optional_tensor(std::string_view name) const { return has(name) ? tensor(name) : nullptr; }
  /// Known numbers; a tensor with one known element counts as one.
  std::int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;
  bool flag(std::string_view name) const;
  const std::string& text(std::string_view name) const;
  std::vector<IValue> items(std::string_view name) const;
  std::vector<TensorRef> tensors(std::string_view name) const;
  /// A list, or one number `count` times.
  Ints ints(std::string_view name, std::size_t count = 0) const;
  /// The same where they may be symbolic.
  std::vector<Extent> extents(std::string_view name) const;
  std::optional<DType> dtype(std::string_view name) const;

  /// Throws NeedsExtents if the rank is not known.
  const SymbolicShape& shape(Value* value) const;
  std::int64_t rank(Value* value) const { return static_cast<std::int64_t>(shape(value).size()); }
  /// A number that must be known.
  std::int64_t extent(Value* value, std::int64_t axis) const;
  /// `axis`, counted from the front. Throws if there is no such axis.
  std::int64_t axis(std::int64_t axis, std::int64_t rank) const;

  /// A number or tensor as a value of that dtype; extents included.
  Value* operand(const IValue& value, DType dtype) const;

  template <typename... Args>
  [[noreturn]] void unsupported(const Args&... args) const {
    headway::fail(ErrorCode::kUnsupported, "torch.", name(), ": ", args...);
  }

 private:
  [[noreturn]] void wrong(std::string_view name, std::string_view wanted) const;

  const AtenOperator& op_;
  std::vector<std::string_view> names_;
  std::vector<IValue> arguments_;
};

/// What PyTorch's type promotion gives for these operands (tensors, numbers).
DType promoted(const std::vector<const IValue*>& operands);

/// One 1-D tensor of indices for each axis of a mask.
std::vector<Value*> index_vectors(const Call& call, Value* mask);
/// Indices for the first axes, broadcast to one shape, as the last axis of one tensor.
Value* joined_indices(const Call& call, std::vector<Value*> indices);

inline IValue tensor_result(Value* value) {
  return make_tensor(value);
}
IValue tuple_of(std::vector<IValue> items);
IValue list_of(std::vector<IValue> items);
IValue to_ivalue(const Extent& extent);

}  // namespace headway::script
