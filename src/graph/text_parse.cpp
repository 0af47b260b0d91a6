#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "base/random.h"
#include "base/strings.h"
#include "graph/text.h"
#include "graph/text_element.h"
#include "graph/text_lexer.h"

namespace headway {
namespace {

using Kind = Token::Kind;

/// A recursive-descent parser; only bodies nest (docs/text-form.md).
class Parser {
 public:
  Parser(std::string_view text, std::string_view source, std::size_t max_generated_bytes,
         const StoredElements& stored)
      : lexer_(text, source),
        generated_bytes_left_(max_generated_bytes),
        stored_(stored),
        token_(lexer_.next()) {}

  Graph parse() && {
    Graph graph = parse_graph();
    if (token_.kind != Kind::kEnd) expected("the end of the text after the graph's '}'");
    return graph;
  }

  TensorType parse_whole_type() && {
    TensorType type = parse_type();
    if (token_.kind != Kind::kEnd) expected("the end of the type");
    return type;
  }

 private:
  struct Result {
    Token name;  // The name "_" of kind kName marks an omitted output.
    TensorType type;
    bool has_type = false;

    bool is_omitted() const { return name.kind == Kind::kName; }
  };

  /// Into graph_, which is then handed over.
  Graph parse_graph() {
    expect_name("graph");
    graph_.set_name(take_name("the graph's name"));
    expect('(');
    parse_list(')', [&] { parse_input(); });
    if (token_.kind != Kind::kArrow) expected("'->'");
    advance();
    expect('(');
    std::vector<Token> outputs;
    parse_list(')', [&] { outputs.push_back(take(Kind::kValue, "a value (%name)")); });
    expect('{');
    while (!accept('}')) parse_statement();
    for (const Token& output : outputs) graph_.add_output(resolve(output));
    return std::exchange(graph_, Graph());
  }

  Body parse_body() {
    if (++depth_ > kMaxBodyDepth)
      lexer_.reject(token_.offset, "bodies are nested more than ", kMaxBodyDepth, " deep");
    Graph outside = std::exchange(graph_, Graph());
    auto body = std::make_shared<const Graph>(parse_graph());
    graph_ = std::move(outside);
    --depth_;
    return body;
  }

  void advance() { token_ = lexer_.next(); }

  bool at(char symbol) const { return token_.kind == Kind::kSymbol && token_.raw[0] == symbol; }

  bool accept(char symbol) {
    if (!at(symbol)) return false;
    advance();
    return true;
  }

  void expect(char symbol) {
    if (!accept(symbol)) expected("'", symbol, "'");
  }

  bool at_name(std::string_view name) const {
    return token_.kind == Kind::kName && token_.text == name;
  }

  bool accept_name(std::string_view name) {
    if (!at_name(name)) return false;
    advance();
    return true;
  }

  void expect_name(std::string_view name) {
    if (!accept_name(name)) expected("'", name, "'");
  }

  template <typename... Args>
  [[noreturn]] void expected(const Args&... what) const {
    constexpr std::size_t kShown = 40;
    if (token_.kind == Kind::kEnd)
      lexer_.reject(token_.offset, "expected ", what..., ", but the text ends here");
    lexer_.reject(token_.offset, "expected ", what..., ", but found ", token_.raw.substr(0, kShown),
                  token_.raw.size() > kShown ? "…" : "");
  }

  Token take(Kind kind, std::string_view what) {
    if (token_.kind != kind) expected(what);
    return std::exchange(token_, lexer_.next());
  }

  /// A plain or quoted name.
  std::string take_name(std::string_view what) {
    return take(token_.kind == Kind::kString ? Kind::kString : Kind::kName, what).text;
  }

  /// Elements separated by commas up to `close`, whose opening counterpart has been taken.
  template <typename Function>
  void parse_list(char close, Function&& parse_one) {
    if (accept(close)) return;
    do parse_one();
    while (accept(','));
    expect(close);
  }

  Value* resolve(const Token& name) const {
    Value* value = graph_.find(name.text);
    if (value == nullptr)
      lexer_.reject(name.offset, "value ", name.raw, " is not defined before this point");
    return value;
  }

  void check_new(const Token& name) const {
    if (graph_.find(name.text) != nullptr) reject_twice(name);
  }

  [[noreturn]] void reject_twice(const Token& name) const {
    lexer_.reject(name.offset, "value ", name.raw, " is defined twice");
  }

  void parse_input() {
    const Token name = take(Kind::kValue, "an input (%name)");
    check_new(name);
    expect(':');
    graph_.add_input(name.text, parse_type());
  }

  TensorType parse_type() {
    const bool is_optional = accept_container("optional"), is_sequence = accept_container("seq");
    TensorType type = parse_tensor_type();
    if (is_sequence) expect(')');
    if (is_optional) expect(')');
    if (is_optional)
      type.container = is_sequence ? Container::kOptionalSequence : Container::kOptional;
    else if (is_sequence)
      type.container = Container::kSequence;
    return type;
  }

  bool accept_container(std::string_view name) {
    if (!accept_name(name)) return false;
    expect('(');
    return true;
  }

  TensorType parse_tensor_type() {
    const Token name = take(Kind::kName, "a dtype such as float32");
    TensorType type;
    try {
      type.dtype = parse_dtype(name.text);
    } catch (const Error& error) {
      lexer_.reject(name.offset, error.what());
    }
    expect('[');
    if (token_.kind == Kind::kEllipsis) {
      advance();
      expect(']');
      return type;
    }
    type.shape.emplace();
    parse_list(']', [&] { type.shape->push_back(parse_dim()); });
    return type;
  }

  Dim parse_dim() {
    if (accept('?')) return {};
    if (token_.kind == Kind::kName || token_.kind == Kind::kString) {
      if (token_.text.empty()) expected("an extent");
      return Dim(std::exchange(token_, lexer_.next()).text);
    }
    const Token number = take(Kind::kNumber, "an extent: a number, a symbol or '?'");
    std::int64_t extent = -1;
    const char* end = number.raw.data() + number.raw.size();
    const auto [rest, error] = std::from_chars(number.raw.data(), end, extent);
    if (rest != end || error != std::errc() || extent < 0)
      lexer_.reject(number.offset, number.raw, " is no extent of a shape");
    return extent;
  }

  void parse_statement() {
    const std::size_t start = token_.offset;
    std::vector<Result> results;
    if (accept('(')) {
      expect(')');
    } else {
      do results.push_back(parse_result());
      while (accept(','));
    }
    expect('=');
    if (token_.kind == Kind::kName && token_.text == "constant") {
      const Token keyword = std::exchange(token_, lexer_.next());
      if (!at('(')) return parse_constant(results, start);
      return parse_node(results, "", keyword.text);
    }
    std::string domain;
    std::string op_type = parse_operator(domain);
    parse_node(results, domain, op_type);
  }

  Result parse_result() {
    if (at_name("_")) return {std::exchange(token_, lexer_.next()), {}, false};
    Result result{take(Kind::kValue, "a statement (%name, _ or () before '=') or '}'"), {}, false};
    result.has_type = accept(':');
    if (result.has_type) result.type = parse_type();
    return result;
  }

  /// The operator's name; its domain stands before the last dot.
  std::string parse_operator(std::string& domain) {
    const Token token = token_;
    std::string name = take_name("an operator or 'constant'");
    if (token.kind == Kind::kString) {
      if (accept('.')) {
        domain = std::exchange(name, take(Kind::kString, "the operator's name in quotes").text);
      }
    } else if (const std::size_t dot = name.rfind('.'); dot != std::string::npos) {
      domain = name.substr(0, dot);
      name.erase(0, dot + 1);
    }
    if (name.empty()) lexer_.reject(token.offset, "the operator's name is empty");
    return name;
  }

  void parse_node(const std::vector<Result>& results, std::string_view domain,
                  std::string_view op_type) {
    expect('(');
    std::vector<Value*> inputs;
    parse_list(')', [&] {
      const bool omitted = accept_name("_");
      inputs.push_back(omitted ? nullptr : resolve(take(Kind::kValue, "a value (%name) or '_'")));
    });
    Attributes attributes;
    if (accept('{')) parse_list('}', [&] { parse_attribute(attributes); });
    std::string name;
    if (token_.kind == Kind::kString) name = std::exchange(token_, lexer_.next()).text;

    Node* node = graph_.add_node(op_type, std::move(inputs), output_names(results),
                                 std::move(attributes), std::move(name), domain);
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (results[i].is_omitted()) {
        graph_.erase_output(node, i);
      } else {
        if (node->output(i)->name() != results[i].name.text) reject_twice(results[i].name);
        node->output(i)->type = results[i].type;
      }
    }
  }

  /// Omitted outputs get a name that no other result of the node has, until they are erased.
  static std::vector<std::string> output_names(const std::vector<Result>& results) {
    std::string placeholder;
    for (const Result& result : results)
      if (result.name.text.size() >= placeholder.size()) placeholder = result.name.text + '_';
    std::vector<std::string> names;
    names.reserve(results.size());
    for (const Result& result : results)
      names.push_back(result.is_omitted() ? placeholder : result.name.text);
    return names;
  }

  void parse_attribute(Attributes& attributes) {
    const std::size_t start = token_.offset;
    std::string name = take_name("an attribute's name");
    expect('=');
    if (attributes.contains(name))
      lexer_.reject(start, "attribute ", quote(name), " is given twice");
    attributes.emplace(std::move(name), parse_attribute_value());
  }

  Attribute parse_attribute_value() {
    if (token_.kind == Kind::kString) return std::exchange(token_, lexer_.next()).text;
    if (accept('[')) return parse_attribute_list();
    if (at_name("graph")) return parse_body();
    if (accept_name("ints")) return parse_empty_list<std::int64_t>();
    if (accept_name("floats")) return parse_empty_list<float>();
    if (accept_name("strings")) return parse_empty_list<std::string>();
    if (token_.kind == Kind::kNumber || at_name("inf") || at_name("nan")) {
      if (is_integer(token_)) return parse_number<std::int64_t>();
      return parse_number<float>();
    }
    const std::size_t start = token_.offset;
    if (token_.kind != Kind::kName)
      expected("an attribute's value: a number, a string, a list, a tensor or a graph");
    const TensorType type = parse_type();
    return parse_elements(type, start);
  }

  template <typename T>
  Attribute parse_empty_list() {
    expect('[');
    expect(']');
    return std::vector<T>();
  }

  /// The kind follows from the first element.
  Attribute parse_attribute_list() {
    if (at(']')) expected("an element (an empty list is written ints [], floats [] or strings [])");
    if (token_.kind == Kind::kString) {
      std::vector<std::string> strings;
      parse_list(']', [&] { strings.push_back(take(Kind::kString, "a string").text); });
      return strings;
    }
    if (is_integer(token_)) return parse_numbers<std::int64_t>();
    return parse_numbers<float>();
  }

  template <typename T>
  Attribute parse_numbers() {
    std::vector<T> numbers;
    parse_list(']', [&] { numbers.push_back(parse_number<T>()); });
    return numbers;
  }

  static bool is_integer(const Token& token) {
    const std::string_view digits = token.raw.substr(token.raw.starts_with('-') ? 1 : 0);
    return token.kind == Kind::kNumber &&
           std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  }

  template <typename T>
  T parse_number() {
    std::array<std::byte, sizeof(T)> bytes;
    parse_element_into(kDTypeOf<T>, bytes.data());
    return std::bit_cast<T>(bytes);
  }

  /// One number, true, false, inf, nan or nan(0x…).
  void parse_element_into(DType dtype, std::byte* element) {
    if (token_.kind != Kind::kNumber && token_.kind != Kind::kName)
      expected("an element of type ", name_of(dtype));
    const Token token = std::exchange(token_, lexer_.next());
    const bool may_be_nan = is_floating_point(dtype) || is_narrow(dtype);
    if (token.raw == "nan" && may_be_nan && accept('(')) {
      const Token digits = take(Kind::kNumber, "the bits of a NaN (0x…)");
      std::uint64_t bits = 0;
      const char* end = digits.raw.data() + digits.raw.size();
      const char* begin = digits.raw.data() + std::min<std::size_t>(2, digits.raw.size());
      const auto [rest, error] = std::from_chars(begin, end, bits, 16);
      if (!digits.raw.starts_with("0x") || rest != end || error != std::errc() ||
          !store_nan(bits, dtype, element))
        lexer_.reject(digits.offset, digits.raw, " is no NaN of type ", name_of(dtype));
      expect(')');
    } else if (!parse_element(token.raw, dtype, element)) {
      lexer_.reject(token.offset, token.raw, " is no element of type ", name_of(dtype));
    }
  }

  void parse_constant(const std::vector<Result>& results, std::size_t start) {
    if (results.size() != 1 || results[0].is_omitted() || !results[0].has_type)
      lexer_.reject(start, "a constant is written %name: dtype[extents] = constant …");
    check_new(results[0].name);
    graph_.add_constant(results[0].name.text, parse_elements(results[0].type, start));
  }

  /// `start` is where the tensor is written, for messages about its type.
  Tensor parse_elements(const TensorType& type, std::size_t start) {
    const std::optional<Shape> shape = type.static_shape();
    if (!shape) lexer_.reject(start, "every extent of a constant must be a number");
    std::int64_t count = 0;
    try {
      count = num_elements(*shape);
    } catch (const Error& error) {
      lexer_.reject(start, error.what());
    }
    if (token_.kind == Kind::kEllipsis)
      lexer_.reject(token_.offset, "the elements are elided; print the graph in full to parse it");
    if (type.dtype == DType::kString) return parse_strings(*shape, count, start);
    if (accept_name("splat")) return parse_splat(type.dtype, *shape, count);
    if (accept_name("random")) return parse_random(type.dtype, *shape, count);
    if (stored_ && accept_name("stored")) return parse_stored(type.dtype, *shape);
    if (!accept('{')) expected("{elements}, splat(value) or random(seed)");

    const std::size_t step = size_of(type.dtype);
    std::vector<std::byte> bytes;
    parse_list('}', [&] {
      bytes.resize(bytes.size() + step);
      parse_element_into(type.dtype, bytes.data() + bytes.size() - step);
    });
    check_count(*shape, count, bytes.size() / step, start);
    Tensor tensor = Tensor::allocate(type.dtype, *shape);
    std::ranges::copy(bytes, static_cast<std::byte*>(tensor.raw()));
    return tensor;
  }

  Tensor parse_strings(const Shape& shape, std::int64_t count, std::size_t start) {
    if (!accept('{')) expected("{elements}");
    std::vector<std::string> strings;
    parse_list('}', [&] { strings.push_back(take(Kind::kString, "a string").text); });
    check_count(shape, count, strings.size(), start);
    return Tensor::from<std::string>(shape, strings);
  }

  void check_count(const Shape& shape, std::int64_t wanted, std::size_t found,
                   std::size_t start) const {
    if (found == static_cast<std::size_t>(wanted)) return;
    lexer_.reject(start, "the shape ", to_string(shape), " asks for ", wanted,
                  " elements, but there are ", found);
  }

  Tensor parse_splat(DType dtype, const Shape& shape, std::int64_t count) {
    const std::size_t start = token_.offset;
    std::array<std::byte, 8> element{};
    expect('(');
    parse_element_into(dtype, element.data());
    expect(')');
    Tensor tensor = allocate_generated(dtype, shape, count, start);
    auto* bytes = static_cast<std::byte*>(tensor.raw());
    const std::size_t step = size_of(dtype);
    for (std::int64_t i = 0; i < count; ++i, bytes += step)
      std::memcpy(bytes, element.data(), step);
    return tensor;
  }

  Tensor parse_random(DType dtype, const Shape& shape, std::int64_t count) {
    const std::size_t start = token_.offset;
    expect('(');
    const auto seed = parse_number<std::uint64_t>();
    expect(')');
    if (!is_floating_point(dtype))
      lexer_.reject(start, "random(seed) makes floating-point elements, not ", name_of(dtype));
    Tensor tensor = allocate_generated(DType::kFloat32, shape, count, start);
    Random random(seed);
    for (float& element : tensor.values<float>()) element = random.normal();
    return tensor.to(dtype);
  }

  Tensor parse_stored(DType dtype, const Shape& shape) {
    expect('(');
    const auto number = parse_number<std::uint64_t>();
    expect(')');
    return stored_(number, dtype, shape);
  }

  Tensor allocate_generated(DType dtype, const Shape& shape, std::int64_t count,
                            std::size_t start) {
    if (static_cast<std::uint64_t>(count) > generated_bytes_left_ / size_of(dtype)) {
      lexer_.reject(start, "the generated constants exceed the limit; ", generated_bytes_left_,
                    " bytes of it are left");
    }
    generated_bytes_left_ -= static_cast<std::size_t>(count) * size_of(dtype);
    return Tensor::allocate(dtype, shape);
  }

  Lexer lexer_;
  std::size_t generated_bytes_left_;
  const StoredElements& stored_;
  Token token_;
  Graph graph_;
  int depth_ = 0;
};

}  // namespace

TensorType parse_type(std::string_view text) {
  return Parser(text, "type", 0, {}).parse_whole_type();
}

Graph parse_graph(std::string_view text, std::string_view source, std::size_t max_generated_bytes,
                  const StoredElements& stored) {
  return Parser(text, source, max_generated_bytes, stored).parse();
}

}  // namespace headway
