#include "run_outputs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/mapped_file.h"
#include "tensor/npy.h"

namespace headway {
namespace {

double rank_of(double value) {
  return std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
}

std::vector<Ranked> top_of_row(std::span<const double> row, std::int64_t count) {
  std::vector<std::size_t> order(row.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto kept = std::min(order.size(), static_cast<std::size_t>(count));
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
                    [&](std::size_t a, std::size_t b) {
                      const double x = rank_of(row[a]), y = rank_of(row[b]);
                      return x != y ? x > y : a < b;
                    });
  std::vector<Ranked> best;
  for (std::size_t i = 0; i < kept; ++i)
    best.push_back({static_cast<std::int64_t>(order[i]), row[order[i]]});
  return best;
}

}  // namespace

ElementSummary summarize(const Tensor& tensor) {
  ElementSummary summary;
  if (tensor.dtype() == DType::kString) return summary;
  double sum = 0;
  std::int64_t finite = 0;
  const Tensor doubles = tensor.to(DType::kFloat64);
  for (const double value : doubles.values<double>()) {
    if (!std::isfinite(value)) {
      ++summary.not_finite;
      continue;
    }
    summary.least = finite == 0 ? value : std::min(summary.least, value);
    summary.greatest = finite == 0 ? value : std::max(summary.greatest, value);
    sum += value;
    ++finite;
  }
  if (finite > 0) summary.mean = sum / static_cast<double>(finite);
  return summary;
}

std::vector<std::vector<Ranked>> top_k(const Tensor& tensor, std::int64_t count) {
  std::vector<std::vector<Ranked>> rows;
  if (tensor.rank() == 0 || tensor.size() == 0 || tensor.dtype() == DType::kString) return rows;
  const Tensor doubles = tensor.to(DType::kFloat64);
  const auto width = static_cast<std::size_t>(tensor.shape().back());
  const std::span<const double> values = doubles.values<double>();
  for (std::size_t first = 0; first < values.size(); first += width)
    rows.push_back(top_of_row(values.subspan(first, width), count));
  return rows;
}

std::vector<std::string> read_labels(const std::filesystem::path& file) {
  const auto mapped = MappedFile::open(file);
  const std::string_view text(reinterpret_cast<const char*>(mapped->bytes().data()),
                              mapped->size());
  std::vector<std::string> labels;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string label(text.substr(begin, end - begin));
    if (label.ends_with('\r')) label.pop_back();
    labels.push_back(std::move(label));
    begin = end + 1;
  }
  return labels;
}

void check_output_file(const std::filesystem::path& file, std::size_t outputs) {
  const std::filesystem::path extension = file.extension();
  if (extension != ".npy" && extension != ".npz")
    fail(ErrorCode::kInvalidArgument, "--output '", file.string(), "' must end in .npy or .npz");
  if (extension == ".npy" && outputs != 1)
    fail(ErrorCode::kInvalidArgument, "--output '", file.string(), "': the model has ", outputs,
         " outputs, which need an .npz file");
}

void write_outputs(const std::filesystem::path& file, const std::vector<NamedOutput>& outputs) {
  check_output_file(file, outputs.size());
  if (file.extension() == ".npy") {
    write_npy(file, outputs.front().tensor);
    return;
  }
  NamedTensors arrays;
  for (const NamedOutput& output : outputs) arrays.emplace_back(output.name, output.tensor);
  write_npz(file, arrays);
}

}  // namespace headway
