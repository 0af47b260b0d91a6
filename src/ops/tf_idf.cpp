#include <algorithm>
#include <limits>
#include <map>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"

namespace headway {
namespace {

using Ints = std::vector<std::int64_t>;
using Tokens = std::vector<std::string>;

void check_indexes(const Node& node) {
  for (const std::int64_t index : node.get_ints("ngram_indexes", {})) {
    if (index < 0 || index == std::numeric_limits<std::int64_t>::max())
      fail(ErrorCode::kInvalidModel, node.described(), ": ngram_indexes has ", index);
  }
}

std::int64_t width_of(const Node& node) {
  const Ints indexes = node.get_ints("ngram_indexes", {});
  check_indexes(node);
  return indexes.empty() ? 0 : *std::ranges::max_element(indexes) + 1;
}

void infer_tf_idf(InferContext& context) {
  require_dtype(context, 0, {DType::kInt32, DType::kInt64, DType::kString});
  const auto& shape = context.input(0).shape;
  const Dim width(width_of(context.node()));
  if (!shape) return context.set_output(0, {DType::kFloat32, std::nullopt});
  if (shape->empty() || shape->size() > 2) context.fail("the input must be a vector or a matrix");
  SymbolicShape result = {width};
  if (shape->size() == 2) result.insert(result.begin(), shape->front());
  context.set_output(0, {DType::kFloat32, std::move(result)});
}

Tokens strings_of(const Node& node, std::string_view attribute) {
  const auto found = node.attributes.find(attribute);
  return found == node.attributes.end() ? Tokens() : std::get<Tokens>(found->second);
}

/// All n-grams of the pool, each with its number.
std::map<Tokens, std::size_t> pool_of(const Node& node) {
  Tokens pool = strings_of(node, "pool_strings");
  if (pool.empty()) {
    for (const std::int64_t token : node.get_ints("pool_int64s", {}))
      pool.push_back(std::to_string(token));
  }
  const Ints starts = node.get_ints("ngram_counts", {});
  std::map<Tokens, std::size_t> grams;
  std::size_t number = 0;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t length = i + 1;
    const auto end = i + 1 < starts.size() ? starts[i + 1] : static_cast<std::int64_t>(pool.size());
    if (starts[i] < 0 || end < starts[i] || end > static_cast<std::int64_t>(pool.size()) ||
        static_cast<std::size_t>(end - starts[i]) % length != 0) {
      fail(ErrorCode::kInvalidModel, node.described(), ": ngram_counts does not fit the pool of ",
           pool.size(), " tokens");
    }
    for (auto at = pool.begin() + starts[i]; at != pool.begin() + end;
         at += static_cast<std::ptrdiff_t>(length)) {
      grams.emplace(Tokens(at, at + static_cast<std::ptrdiff_t>(length)), number++);
    }
  }
  return grams;
}

class Vectorizer {
 public:
  explicit Vectorizer(const Node& node)
      : grams_(pool_of(node)),
        indexes_(node.get_ints("ngram_indexes", {})),
        weights_(node.get_floats("weights", {})),
        mode_(node.get_string("mode", "TF")),
        shortest_(node.get_int("min_gram_length", 1)),
        longest_(node.get_int("max_gram_length", 1)),
        skips_(node.get_int("max_skip_count", 0)) {
    if (grams_.size() > indexes_.size() || (!weights_.empty() && weights_.size() < indexes_.size()))
      fail(ErrorCode::kInvalidModel, node.described(), ": its lists differ in length");
    if (mode_ != "TF" && mode_ != "IDF" && mode_ != "TFIDF") {
      fail(ErrorCode::kInvalidModel, node.described(), ": mode is '", mode_,
           "', but must be TF, IDF or TFIDF");
    }
  }

  void run(std::span<const std::string> tokens, std::span<float> y) const {
    std::vector<std::int64_t> counts(indexes_.size(), 0);
    const auto size = static_cast<std::int64_t>(tokens.size());
    for (std::int64_t length = std::max<std::int64_t>(shortest_, 1);
         length <= std::min(longest_, size); ++length) {
      // Skips mean nothing for single tokens.
      for (std::int64_t step = 1; step <= (length == 1 ? 1 : std::min(skips_, size) + 1); ++step)
        count(tokens, length, step, counts);
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] == 0) continue;
      const float weight = weights_.empty() ? 1.0F : weights_[i];
      const auto found = static_cast<float>(counts[i]);
      y[static_cast<std::size_t>(indexes_[i])] = mode_ == "TF"    ? found
                                                 : mode_ == "IDF" ? weight
                                                                  : found * weight;
    }
  }

 private:
  void count(std::span<const std::string> tokens, std::int64_t length, std::int64_t step,
             std::vector<std::int64_t>& counts) const {
    const auto size = static_cast<std::int64_t>(tokens.size());
    for (std::int64_t first = 0; first + (length - 1) * step < size; ++first) {
      Tokens gram;
      for (std::int64_t i = 0; i < length; ++i)
        gram.push_back(tokens[static_cast<std::size_t>(first + i * step)]);
      const auto found = grams_.find(gram);
      if (found != grams_.end()) ++counts[found->second];
    }
  }

  std::map<Tokens, std::size_t> grams_;
  Ints indexes_;
  std::vector<float> weights_;
  std::string mode_;
  std::int64_t shortest_, longest_, skips_;
};

void run_tf_idf(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Tensor texts = inputs[0].to(DType::kString);
  const Vectorizer vectorizer(node);
  const std::span<float> y = outputs[0].values<float>();
  std::ranges::fill(y, 0.0F);
  const bool is_matrix = inputs[0].rank() == 2;
  const auto rows = static_cast<std::size_t>(is_matrix ? inputs[0].dim(0) : 1);
  const std::size_t length = rows == 0 ? 0 : texts.values<std::string>().size() / rows;
  const std::size_t width = rows == 0 ? 0 : y.size() / rows;
  for (std::size_t row = 0; row < rows; ++row) {
    vectorizer.run(texts.values<std::string>().subspan(row * length, length),
                   y.subspan(row * width, width));
  }
}

}  // namespace

std::vector<Operator> tf_idf_operators() {
  return {{"TfIdfVectorizer",
           "",
           9,
           1,
           1,
           1,
           1,
           {{"max_gram_length", AttributeKind::kInt, true},
            {"max_skip_count", AttributeKind::kInt, true},
            {"min_gram_length", AttributeKind::kInt, true},
            {"mode", AttributeKind::kString, true},
            {"ngram_counts", AttributeKind::kInts, true},
            {"ngram_indexes", AttributeKind::kInts, true},
            {"pool_int64s", AttributeKind::kInts},
            {"pool_strings", AttributeKind::kStrings},
            {"weights", AttributeKind::kFloats}},
           infer_tf_idf,
           run_tf_idf}};
}

}  // namespace headway
