#include <limits>

#include "ops/op_testing.h"

namespace headway {
namespace {

Attributes counting_sevens_and_pairs(std::int64_t index) {
  return {{"mode", std::string("TF")},
          {"min_gram_length", std::int64_t{1}},
          {"max_gram_length", std::int64_t{2}},
          {"max_skip_count", std::numeric_limits<std::int64_t>::max()},
          {"ngram_counts", list({0, 1})},
          {"ngram_indexes", list({0, index})},
          {"pool_int64s", list({7, 7, 8})}};
}

TEST(TfIdfVectorizer, CountsWithAnyNumberOfSkips) {
  const Tensor tokens = ints({7, 1, 7, 8});
  expect_near(run_op("TfIdfVectorizer", {tokens}, counting_sevens_and_pairs(2)),
              floats({3}, {2, 0, 2}));
}

TEST(TfIdfVectorizer, RefusesIndexesThatNoOutputHas) {
  for (const std::int64_t index : {std::int64_t{-1}, std::numeric_limits<std::int64_t>::max()}) {
    expect_error(ErrorCode::kInvalidModel, {"ngram_indexes"}, [&] {
      OneNode("TfIdfVectorizer", {ints({7})}, counting_sevens_and_pairs(index)).infer();
    });
  }
}

}  // namespace
}  // namespace headway
