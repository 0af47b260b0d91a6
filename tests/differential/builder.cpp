#include "builder.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace headway::differential {
namespace {

using Kind = CaseValue::Kind;

constexpr std::int64_t kMaxElements = 20'000;  // Of a value that more is computed from.

Fill fill_of(Random& random) {
  const std::uint64_t kind = random.below(20);
  return kind < 2 ? Fill::kSpecial : kind < 5 ? Fill::kGrid : Fill::kPlain;
}

bool contains(const DTypeList& dtypes, DType dtype) {
  return std::ranges::find(dtypes, dtype) != dtypes.end();
}

}  // namespace

Builder::Builder(std::uint64_t seed) : random_(seed) {
  case_.seed = seed;
  fill_ = fill_of(random_);
  with_zeros_ = chance(8);
  with_long_ = chance(25);
  case_.open_shapes = chance(20);
}

std::int64_t Builder::between(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(high - low + 1)));
}

std::int64_t Builder::extent() {
  const std::int64_t kind = between(0, 9);
  if (kind == 0) return with_zeros_ ? 0 : 1;
  if (kind < 3) return 1;
  if (kind == 3 && with_long_) return between(8, 40);
  return between(2, 7);
}

Shape Builder::shape(std::int64_t min_rank, std::int64_t max_rank) {
  Shape result(static_cast<std::size_t>(between(min_rank, max_rank)));
  std::int64_t elements = 1;
  for (std::int64_t& extent : result) {
    extent = this->extent();
    if (elements * extent > kMaxElements / 4) extent = 1;
    elements *= std::max<std::int64_t>(extent, 1);
  }
  return result;
}

Shape Builder::broadcastable(const Shape& shape) {
  Shape result = shape;
  for (std::int64_t& extent : result)
    if (chance(30)) extent = 1;
  if (chance(30)) {
    const auto dropped = static_cast<std::ptrdiff_t>(random_.below(result.size() + 1));
    result.erase(result.begin(), result.begin() + dropped);
  }
  return result;
}

std::int64_t Builder::signed_axis(std::int64_t axis, std::size_t rank) {
  return chance(40) ? axis - static_cast<std::int64_t>(rank) : axis;
}

void Builder::forbid_special() noexcept {
  if (fill_ == Fill::kSpecial) fill_ = Fill::kPlain;
}

bool Builder::is_finite(ValueId id) const {
  const Tensor elements = tensor(id).to(DType::kFloat64);
  return std::ranges::all_of(elements.values<double>(), [](double e) { return std::isfinite(e); });
}

ValueId Builder::add_value(Kind kind, Tensor tensor) {
  CaseValue value{kind, tensor.dtype(), false, std::move(tensor)};
  case_.values.push_back(std::move(value));
  return static_cast<ValueId>(case_.values.size()) - 1;
}

/// The latest ones are the likeliest, so that chains become long.
ValueId Builder::find(const DTypeList& dtypes, std::int64_t min_rank, std::int64_t max_rank) {
  if (!growing_ || chance(15)) return kOmitted;
  std::vector<ValueId> fitting;
  for (std::size_t i = 0; i < case_.values.size(); ++i) {
    const CaseValue& value = case_.values[i];
    const auto rank = static_cast<std::int64_t>(value.tensor.rank());
    if (contains(dtypes, value.dtype) && rank >= min_rank && rank <= max_rank &&
        value.kind != Kind::kConstant && value.tensor.size() <= kMaxElements)
      fitting.push_back(static_cast<ValueId>(i));
  }
  if (fitting.empty()) return kOmitted;
  return chance(60) ? fitting.back() : pick(fitting);
}

ValueId Builder::value(const DTypeList& dtypes, std::int64_t min_rank, std::int64_t max_rank) {
  return value(dtypes, min_rank, max_rank, fill_);
}

ValueId Builder::value(const DTypeList& dtypes, std::int64_t min_rank, std::int64_t max_rank,
                       Fill fill) {
  const ValueId found = find(dtypes, min_rank, max_rank);
  if (found != kOmitted) return found;
  const DType dtype = pick(dtypes);
  return input(random_tensor(dtype, shape(min_rank, max_rank), fill, random_));
}

ValueId Builder::operand(DType dtype, const Shape& shape) {
  return operand(dtype, shape, fill_);
}

ValueId Builder::operand(DType dtype, const Shape& shape, Fill fill) {
  for (std::size_t i = case_.values.size(); growing_ && i-- > 0;) {
    const CaseValue& value = case_.values[i];
    if (value.kind == Kind::kComputed && value.dtype == dtype && value.tensor.shape() == shape &&
        chance(50))
      return static_cast<ValueId>(i);
  }
  return input_or_constant(random_tensor(dtype, shape, fill, random_));
}

ValueId Builder::input(Tensor tensor) {
  return add_value(Kind::kInput, std::move(tensor));
}

ValueId Builder::constant(Tensor tensor) {
  return add_value(Kind::kConstant, std::move(tensor));
}

ValueId Builder::input_or_constant(Tensor tensor) {
  return chance(50) ? input(std::move(tensor)) : constant(std::move(tensor));
}

ValueId Builder::ints(const Ints& values) {
  Tensor tensor = Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values);
  if (!chance(8)) return constant(std::move(tensor));
  const ValueId id = input(std::move(tensor));
  case_.values.back().fixed = true;
  return id;
}

ValueId Builder::scalar(DType dtype, double value) {
  return constant(Tensor::from<double>({}, {value}).to(dtype));
}

ValueId Builder::node(std::string_view op_type, std::vector<ValueId> inputs, Attributes attributes,
                      const DTypeList& outputs, std::string_view domain) {
  DTypeList dtypes = outputs;
  if (dtypes.empty()) dtypes = {dtype_of(inputs.at(0))};
  return nodes(op_type, std::move(inputs), std::move(attributes), dtypes, {}, domain).at(0);
}

std::vector<ValueId> Builder::nodes(std::string_view op_type, std::vector<ValueId> inputs,
                                    Attributes attributes, const DTypeList& outputs,
                                    const std::vector<bool>& wanted, std::string_view domain) {
  CaseNode node{
      std::string(op_type), std::string(domain), std::move(inputs), {}, std::move(attributes)};
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    node.outputs.push_back(kOmitted);
    if (i < wanted.size() && !wanted[i]) continue;
    node.outputs.back() = static_cast<ValueId>(case_.values.size());
    case_.values.push_back({Kind::kComputed, outputs[i]});
  }
  case_.nodes.push_back(node);
  std::vector<Tensor> operands;
  for (const ValueId id : node.inputs) operands.push_back(id == kOmitted ? Tensor() : tensor(id));
  try {
    const std::vector<Tensor> results = evaluate(node, operands);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (node.outputs[i] == kOmitted) continue;
      CaseValue& value = case_.values[static_cast<std::size_t>(node.outputs[i])];
      value.tensor = results[i];
      value.dtype = results[i].dtype();
    }
  } catch (const Error&) {
    throw Ended{};
  }
  return node.outputs;
}

bool Builder::add(void (*generate)(Builder&)) {
  try {
    generate(*this);
    return true;
  } catch (const Ended&) {
    return false;
  }
}

Case Builder::finish() {
  std::vector<bool> read(case_.values.size(), false);
  for (const CaseNode& node : case_.nodes) {
    for (const ValueId id : node.inputs)
      if (id != kOmitted) read[static_cast<std::size_t>(id)] = true;
  }
  for (std::size_t i = 0; i < case_.values.size(); ++i) {
    if (case_.values[i].kind != Kind::kComputed || case_.values[i].dtype == DType::kString)
      continue;
    if (!read[i] || chance(10)) case_.outputs.push_back(static_cast<ValueId>(i));
  }
  return case_;
}

}  // namespace headway::differential
