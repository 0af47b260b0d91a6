#include "ops/window.h"

#include <algorithm>

#include "base/error.h"

namespace headway {
namespace {

/// Large enough for any real model, small enough that no sum of products overflows.
constexpr std::int64_t kMaxAttribute = std::int64_t{1} << 31;

std::vector<std::int64_t> checked_list(const Node& node, const char* name, std::size_t count,
                                       std::int64_t lowest, std::int64_t otherwise) {
  std::vector<std::int64_t> list = node.get_ints(name, std::vector<std::int64_t>(count, otherwise));
  if (list.size() != count) {
    fail(ErrorCode::kInvalidModel, node.described(), ": attribute '", name, "' has ", list.size(),
         " entries but needs ", count);
  }
  for (const std::int64_t entry : list) {
    if (entry < lowest || entry >= kMaxAttribute) {
      fail(ErrorCode::kInvalidModel, node.described(), ": attribute '", name,
           "' contains the impossible value ", entry);
    }
  }
  return list;
}

AutoPad parse_auto_pad(const Node& node) {
  const std::string text = node.get_string("auto_pad", "NOTSET");
  if (text.empty() || text == "NOTSET") return AutoPad::kNotSet;
  if (text == "SAME_UPPER") return AutoPad::kSameUpper;
  if (text == "SAME_LOWER") return AutoPad::kSameLower;
  if (text == "VALID") return AutoPad::kValid;
  fail(ErrorCode::kInvalidModel, node.described(), ": auto_pad is '", text,
       "' but must be NOTSET, SAME_UPPER, SAME_LOWER or VALID");
}

void resolve_same(WindowAxis& window, bool upper) {
  window.output = (window.input + window.stride - 1) / window.stride;
  const std::int64_t total = std::max<std::int64_t>(
      (window.output - 1) * window.stride + window.extent() - window.input, 0);
  window.pad_begin = upper ? total / 2 : total - total / 2;
  window.pad_end = total - window.pad_begin;
}

}  // namespace

WindowAttributes window_attributes(const Node& node, std::vector<std::int64_t> kernel) {
  const std::size_t rank = kernel.size();
  for (const std::int64_t extent : kernel) {
    if (extent < 1 || extent >= kMaxAttribute) {
      fail(ErrorCode::kInvalidModel, node.described(), ": a kernel extent of ", extent,
           " is impossible");
    }
  }
  WindowAttributes result;
  result.kernel = std::move(kernel);
  result.strides = checked_list(node, "strides", rank, 1, 1);
  result.dilations = checked_list(node, "dilations", rank, 1, 1);
  result.auto_pad = parse_auto_pad(node);
  result.ceil_mode = node.get_int("ceil_mode", 0) != 0;
  const std::vector<std::int64_t> pads = checked_list(node, "pads", 2 * rank, 0, 0);
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(rank);
  result.pads_begin.assign(pads.begin(), middle);
  result.pads_end.assign(middle, pads.end());
  if (result.auto_pad != AutoPad::kNotSet) {
    result.pads_begin.assign(rank, 0);
    result.pads_end.assign(rank, 0);
  }
  return result;
}

WindowAxis WindowAttributes::axis(const Node& node, std::size_t axis, std::int64_t input) const {
  WindowAxis window{
      input, kernel[axis], strides[axis], dilations[axis], pads_begin[axis], pads_end[axis], 0};
  if (auto_pad == AutoPad::kSameUpper || auto_pad == AutoPad::kSameLower) {
    resolve_same(window, auto_pad == AutoPad::kSameUpper);
    return window;
  }
  const std::int64_t room = input + window.pad_begin + window.pad_end - window.extent();
  if (room < 0) {
    fail(ErrorCode::kInvalidModel, node.described(), ": a window of ", window.extent(),
         " does not fit into spatial axis ", axis, " of extent ", input, " padded by ",
         window.pad_begin, " and ", window.pad_end);
  }
  window.output = room / window.stride + 1;
  const bool partial = ceil_mode && room % window.stride != 0;
  if (partial && window.output * window.stride < input + window.pad_begin) ++window.output;
  return window;
}

}  // namespace headway
