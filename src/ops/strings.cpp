#include <algorithm>
#include <set>

#include <locale.h>
#include <re2/re2.h>
#include <wctype.h>

#include "ops/broadcast.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"
#include "ops/zip.h"

namespace headway {
namespace {

/// The length of the UTF-8 sequence that begins here; 1 for what is none.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return at + length <= text.size() ? length : 1;
}

void append_utf8(std::string& out, char32_t code) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80U | (code >> shift & 0x3fU)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0U | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0U | code >> 12);
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xf0U | code >> 18);
    tail(12), tail(6), tail(0);
  }
}

/// Letter by letter, by Unicode's simple mappings.
class CaseMap {
 public:
  CaseMap() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {}
  ~CaseMap() {
    if (locale_ != nullptr) freelocale(locale_);
  }
  CaseMap(const CaseMap&) = delete;
  CaseMap& operator=(const CaseMap&) = delete;

  std::string map(std::string_view text, bool upper) const {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t length = sequence_length(text, at);
      char32_t code = static_cast<unsigned char>(text[at]);
      if (length > 1) code &= 0x7fU >> length;
      for (std::size_t i = 1; i < length; ++i)
        code = code << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3fU);
      if (length == 1 && code >= 0x80)
        out += text[at];
      else
        append_utf8(out, changed(code, upper));
      at += length;
    }
    return out;
  }

 private:
  char32_t changed(char32_t code, bool upper) const {
    const auto wide = static_cast<wint_t>(code);
    if (locale_ == nullptr) return code;
    return static_cast<char32_t>(upper ? towupper_l(wide, locale_) : towlower_l(wide, locale_));
  }

  locale_t locale_;
};

void infer_normalizer(InferContext& context) {
  require_dtype(context, 0, {DType::kString});
  const auto& shape = context.input(0).shape;
  if (shape && shape->size() == 2)
    context.set_output(0, {DType::kString, SymbolicShape{Dim(1), Dim()}});
  else
    context.set_output(0, {DType::kString, SymbolicShape{Dim()}});
}

std::vector<Datum> evaluate_normalizer(const Node& node, std::span<const Datum> inputs,
                                       EvaluateContext&) {
  const Tensor& x = inputs[0].tensor();
  if (x.rank() != 1 && (x.rank() != 2 || x.dim(0) != 1)) {
    fail(ErrorCode::kInvalidArgument, node.described(), ": the input has the shape ",
         to_string(x.shape()), ", but must be a vector or a matrix of one row");
  }
  const std::string action = node.get_string("case_change_action", "NONE");
  if (action != "NONE" && action != "LOWER" && action != "UPPER") {
    fail(ErrorCode::kInvalidModel, node.described(), ": case_change_action is '", action,
         "', but must be NONE, LOWER or UPPER");
  }
  const bool exact = node.get_int("is_case_sensitive", 0) != 0;
  const CaseMap letters;
  const auto key = [&](const std::string& text) { return exact ? text : letters.map(text, false); };
  std::set<std::string> stopped;
  const auto stopwords = node.attributes.find("stopwords");
  if (stopwords != node.attributes.end()) {
    for (const std::string& word : std::get<std::vector<std::string>>(stopwords->second))
      stopped.insert(key(word));
  }
  std::vector<std::string> kept;
  for (const std::string& text : x.values<std::string>()) {
    if (stopped.contains(key(text))) continue;
    kept.push_back(action == "NONE" ? text : letters.map(text, action == "UPPER"));
  }
  if (kept.empty()) kept.emplace_back();
  Shape shape = {static_cast<std::int64_t>(kept.size())};
  if (x.rank() == 2) shape.insert(shape.begin(), 1);
  return {Tensor::from<std::string>(shape, kept)};
}

void infer_split(InferContext& context) {
  require_dtype(context, 0, {DType::kString});
  const auto& shape = context.input(0).shape;
  std::optional<SymbolicShape> parts = shape;
  if (parts) parts->emplace_back();
  context.set_output(0, {DType::kString, parts});
  context.set_output(1, {DType::kInt64, shape});
}

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// An empty delimiter: at white space, none of which is kept at the ends.
std::vector<std::string> split(std::string_view text, std::string_view delimiter,
                               std::int64_t most) {
  std::vector<std::string> parts;
  const auto skip_blanks = [&] {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  };
  if (delimiter.empty()) {
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    skip_blanks();
    if (text.empty()) return parts;
  }
  for (; most != 0; --most) {
    const std::size_t end =
        delimiter.empty()
            ? static_cast<std::size_t>(std::ranges::find_if(text, is_blank) - text.begin())
            : std::min(text.find(delimiter), text.size());
    if (end == text.size()) break;
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(end + delimiter.size());
    if (delimiter.empty()) skip_blanks();
  }
  parts.emplace_back(text);
  return parts;
}

std::vector<Datum> evaluate_split(const Node& node, std::span<const Datum> inputs,
                                  EvaluateContext& context) {
  const Tensor& x = inputs[0].tensor();
  const std::string delimiter = node.get_string("delimiter", "");
  const std::int64_t most = node.get_int("maxsplit", -1);
  std::vector<std::vector<std::string>> parts;
  std::size_t longest = 0;
  Tensor counts = Tensor::allocate(DType::kInt64, x.shape());
  for (const std::string& text : x.values<std::string>()) {
    parts.push_back(split(text, delimiter, most));
    longest = std::max(longest, parts.back().size());
    counts.data<std::int64_t>()[parts.size() - 1] = static_cast<std::int64_t>(parts.back().size());
  }
  context.check_memory(node, parts.size() * longest * sizeof(std::string));
  Shape shape = x.shape();
  shape.push_back(static_cast<std::int64_t>(longest));
  Tensor result = Tensor::zeros(DType::kString, shape);
  std::string* row = result.data<std::string>();
  for (const std::vector<std::string>& texts : parts) {
    std::ranges::copy(texts, row);
    row += longest;
  }
  std::vector<Datum> outputs = {result, counts};
  outputs.resize(node.outputs().size());
  return outputs;
}

void infer_concat(InferContext& context) {
  require_dtype(context, 0, {DType::kString});
  require_same_dtypes(context);
  context.set_output(0, {DType::kString, broadcast_inputs(context)});
}

void run_concat(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  zip<std::string, std::string, std::string>(
      inputs[0], inputs[1], outputs[0],
      [](const std::string& a, const std::string& b) { return a + b; });
}

void infer_full_match(InferContext& context) {
  require_dtype(context, 0, {DType::kString});
  context.set_output(0, {DType::kBool, context.input(0).shape});
}

void run_full_match(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::string pattern = node.get_string("pattern", "");
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 expression(pattern, options);
  if (!expression.ok()) {
    fail(ErrorCode::kInvalidModel, node.described(), ": the pattern '", pattern,
         "' cannot be used: ", expression.error());
  }
  bool* y = outputs[0].data<bool>();
  for (const std::string& text : inputs[0].values<std::string>())
    *y++ = RE2::FullMatch(text, expression);
}

}  // namespace

std::vector<Operator> string_operators() {
  return {
      {"RegexFullMatch",
       "",
       20,
       1,
       1,
       1,
       1,
       {{"pattern", AttributeKind::kString}},
       infer_full_match,
       run_full_match},
      {"StringConcat", "", 20, 2, 2, 1, 1, {}, infer_concat, run_concat},
      {"StringNormalizer",
       "",
       10,
       1,
       1,
       1,
       1,
       {{"case_change_action", AttributeKind::kString},
        {"is_case_sensitive", AttributeKind::kInt},
        {"locale", AttributeKind::kString},
        {"stopwords", AttributeKind::kStrings}},
       infer_normalizer,
       nullptr,
       evaluate_normalizer},
      {"StringSplit",
       "",
       20,
       1,
       1,
       1,
       2,
       {{"delimiter", AttributeKind::kString}, {"maxsplit", AttributeKind::kInt}},
       infer_split,
       nullptr,
       evaluate_split},
  };
}

}  // namespace headway
