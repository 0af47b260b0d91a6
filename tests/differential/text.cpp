#include <array>

#include "families.h"

namespace headway::differential {
namespace {

// Strings stay within a model: they come from constants, chosen by numbers that are inputs, and
// what becomes of them is compared with what the reference makes of them.

Tensor words(Builder& b, const Shape& shape) {
  Tensor result = Tensor::allocate(DType::kString, shape);
  for (std::string& word : result.values<std::string>())
    word = b.pick({"", "a", "B", "ab", "Ab", "a b", " a", "ba  b ", "a,b,,a", ",", "a-b", "aab",
                   "2.5", "\xc3\xa9", "\xe6\x97\xa5\xe6\x9c\xac"});
  return result;
}

ValueId strings_of(Builder& b, const Shape& shape) {
  if (b.chance(40)) return b.constant(words(b, shape));
  const std::int64_t count = b.between(1, 9);
  const Tensor chosen = random_integers(DType::kInt64, shape, -count, count - 1, b.random());
  return b.node("Gather", {b.constant(words(b, {count})), b.input(chosen)}, {}, {DType::kString});
}

ValueId strings(Builder& b, std::int64_t min_rank = 0, std::int64_t max_rank = 3) {
  return strings_of(b, b.shape(min_rank, max_rank));
}

void settle(Builder& b, ValueId text) {
  b.node("Shape", {text}, {}, {DType::kInt64});
  b.node("Equal", {text, b.constant(b.tensor(text).clone())}, {}, {DType::kBool});
}

void normalizer(Builder& b) {
  const std::int64_t extent = b.between(1, 6);
  const ValueId x = strings_of(b, b.chance(60) ? Shape{extent} : Shape{1, extent});
  // The default is a locale that few machines have; letters beyond ASCII depend on it.
  Attributes attributes = {{"locale", std::string("C.UTF-8")}};
  if (b.chance(60)) attributes["case_change_action"] = b.pick({"LOWER", "UPPER", "NONE"});
  if (b.chance(60)) attributes["is_case_sensitive"] = b.between(0, 1);
  if (b.chance(60)) attributes["stopwords"] = std::vector<std::string>{"a", b.pick({"B", "AB"})};
  settle(b, b.node("StringNormalizer", {x}, attributes));
}

void concat_strings(Builder& b) {
  const ValueId x = strings(b);
  const ValueId y = strings_of(b, b.broadcastable(b.shape_of(x)));
  settle(b, b.chance(50) ? b.node("StringConcat", {x, y}) : b.node("StringConcat", {y, x}));
}

void split_strings(Builder& b) {
  Attributes attributes;
  if (b.chance(60)) attributes["delimiter"] = b.pick({",", "a", "-", " ", "ab"});
  if (b.chance(50)) attributes["maxsplit"] = b.between(1, 3);
  // Of an empty string ONNX Runtime makes no part, the standard's reference one.
  const ValueId end = b.constant(Tensor::from<std::string>({}, {b.pick({".", "a", ",", " b"})}));
  const ValueId x = b.node("StringConcat", {strings(b), end});
  settle(b, b.nodes("StringSplit", {x}, attributes, {DType::kString, DType::kInt64})[0]);
}

void full_match(Builder& b) {
  const std::string pattern = b.pick({"a*", "[ab]+", "(a|b)+b", "\\w+", ".", "a.*b?", "\\d+\\.\\d",
                                      "[^,]*", "", "(?:a|ab)(?:b|)", "a{2}b", "\\s*a\\s*"});
  b.node("RegexFullMatch", {strings(b)}, {{"pattern", pattern}}, {DType::kBool});
}

void equal_strings(Builder& b) {
  const ValueId x = strings(b);
  b.node("Equal", {x, strings_of(b, b.broadcastable(b.shape_of(x)))}, {}, {DType::kBool});
}

void where_strings(Builder& b) {
  const ValueId x = strings(b);
  const ValueId condition = b.operand(DType::kBool, b.broadcastable(b.shape_of(x)), Fill::kPlain);
  settle(b, b.node("Where", {condition, x, strings_of(b, b.broadcastable(b.shape_of(x)))}, {},
                   {DType::kString}));
}

void move_strings(Builder& b) {
  const ValueId x = strings(b, 1, 3);
  const std::string op = b.pick({"Identity", "Transpose", "Flatten", "Concat", "Unsqueeze", "Tile",
                                 "Expand", "Reshape", "Squeeze"});
  const auto rank = static_cast<std::int64_t>(b.rank_of(x));
  std::vector<ValueId> inputs = {x};
  Attributes attributes;
  if (op == "Concat") {
    inputs.push_back(strings_of(b, b.shape_of(x)));
    attributes["axis"] = b.axis_of(b.rank_of(x));
  } else if (op == "Unsqueeze") {
    inputs.push_back(b.ints({b.between(0, rank)}));
  } else if (op == "Tile") {
    inputs.push_back(b.ints(Ints(b.rank_of(x), b.between(1, 2))));
  } else if (op == "Expand") {
    Shape shape = b.shape_of(x);
    shape.insert(shape.begin(), b.between(1, 3));
    inputs.push_back(b.ints(shape));
  } else if (op == "Reshape") {
    inputs.push_back(b.ints({b.tensor(x).size()}));
  }
  settle(b, b.node(op, inputs, attributes));
}

void gather_strings(Builder& b) {
  const ValueId x = strings(b, 1, 3);
  if (!b.has_elements(x)) return;
  const std::string op = b.pick({"Gather", "GatherND", "GatherElements"});
  const std::int64_t last = (op == "Gather" ? b.shape_of(x).back() : b.shape_of(x)[0]) - 1;
  Shape shape = op == "GatherElements" ? b.shape_of(x) : Shape{b.between(1, 4)};
  if (op == "GatherND") shape.push_back(1);
  const ValueId at =
      b.input_or_constant(random_integers(DType::kInt64, shape, -last - 1, last, b.random()));
  // Of strings, ONNX Runtime's Gather copies only the first of those that belong to an index.
  Attributes attributes;
  if (op == "Gather" && b.rank_of(x) > 1) attributes["axis"] = std::int64_t{-1};
  settle(b, b.node(op, {x, at}, attributes));
}

void encode_strings(Builder& b) {
  const std::vector<std::string> known = {"a", "B", "ab", "a b", ""};
  const ValueId x = strings(b, 1, 2);
  if (b.chance(40)) {
    b.node("OneHotEncoder", {x}, {{"cats_strings", known}}, {DType::kFloat32}, "ai.onnx.ml");
  } else if (b.chance(50)) {
    b.node("LabelEncoder", {x},
           {{"keys_strings", known}, {"values_floats", std::vector<float>{1, 2.5F, -3, 0, 7}}},
           {DType::kFloat32}, "ai.onnx.ml");
  } else {
    const Attributes attributes = {{"cats_strings", known}, {"cats_int64s", Ints{4, 1, 5, 9, -2}}};
    b.node("CategoryMapper", {x}, attributes, {DType::kInt64}, "ai.onnx.ml");
  }
}

void decode_strings(Builder& b) {
  const Tensor numbers = random_integers(DType::kInt64, b.shape(1, 2), 0, 5, b.random());
  const std::vector<std::string> names = {"a", "B", "ab", "a b"};
  const bool mapper = b.chance(50);
  Attributes attributes = {{mapper ? "cats_strings" : "values_strings", names},
                           {mapper ? "cats_int64s" : "keys_int64s", Ints{1, 2, 3, 5}}};
  if (b.chance(50)) attributes["default_string"] = std::string("none");
  settle(b, b.node(mapper ? "CategoryMapper" : "LabelEncoder", {b.input_or_constant(numbers)},
                   attributes, {DType::kString}, "ai.onnx.ml"));
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>(
    {normalizer, concat_strings, split_strings, full_match, equal_strings, where_strings,
     move_strings, gather_strings, encode_strings, decode_strings});

}  // namespace

Family text_family() {
  return {"text", kGenerators};
}

}  // namespace headway::differential
