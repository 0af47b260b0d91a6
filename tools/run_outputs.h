#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "headway/model.h"

namespace headway {

/// One result of a model.
struct NamedOutput {
  std::string name;
  Tensor tensor;
};

/// What the elements of a tensor are like.
struct ElementSummary {
  double least = 0, greatest = 0, mean = 0;  ///< Of the finite ones.
  std::int64_t not_finite = 0;
};
ElementSummary summarize(const Tensor& tensor);

struct Ranked {
  std::int64_t index = 0;
  double score = 0;
};

/// For every row along the last axis, its `count` largest elements, largest first; NaN never ranks.
std::vector<std::vector<Ranked>> top_k(const Tensor& tensor, std::int64_t count);

/// One label per line. Throws Error naming the file.
std::vector<std::string> read_labels(const std::filesystem::path& file);

/// .npy for one output, .npz for any number. The file appears complete or not at all.
/// Throws Error(kInvalidArgument) for another ending or several outputs in .npy.
void write_outputs(const std::filesystem::path& file, const std::vector<NamedOutput>& outputs);

/// Refuses at once what write_outputs would refuse after the work is done.
void check_output_file(const std::filesystem::path& file, std::size_t outputs);

}  // namespace headway
