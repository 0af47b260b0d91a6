#include <algorithm>
#include <array>
#include <utility>

#include "formats/torch_export/runner.h"

namespace headway::torch_export {
namespace {

using Names = std::pair<std::string_view, std::string_view>;

/// Core ATen's own operators that are others with the same arguments.
constexpr auto kSameAs = std::to_array<Names>({
    {"_adaptive_avg_pool2d", "adaptive_avg_pool2d"},
    {"_adaptive_avg_pool3d", "adaptive_avg_pool3d"},
    {"_reshape_alias", "reshape"},
    {"_to_copy", "to"},
    {"_unsafe_index", "index"},
    {"detach_copy", "clone"},
    {"lift_fresh", "alias"},
    {"lift_fresh_copy", "clone"},
    {"permute_copy", "permute"},
    {"sym_numel", "numel"},
    {"sym_size", "size"},
    {"unsafe_chunk", "chunk"},
    {"unsafe_split", "split"},
    {"view_copy", "view"},
});

/// Of Python's module `operator`, and of torch itself, on symbolic numbers.
constexpr auto kPython = std::to_array<Names>({
    {"_operator.and_", "__and__"},
    {"_operator.mod", "remainder"},
    {"_operator.not_", "__not__"},
    {"_operator.or_", "__or__"},
    {"_operator.truediv", "div"},
    {"torch.sym_float", "float"},
    {"torch.sym_int", "int"},
    {"torch.sym_max", "max"},
    {"torch.sym_min", "min"},
    {"torch.sym_not", "__not__"},
});

std::string_view found(std::span<const Names> names, std::string_view name) {
  const auto place = std::ranges::find(names, name, &Names::first);
  return place == names.end() ? std::string_view() : place->second;
}

}  // namespace

std::string operator_name(std::string_view target) {
  if (const std::string_view known = found(kPython, target); !known.empty())
    return std::string(known);
  for (const std::string_view module : {"_operator.", "math."})
    if (target.starts_with(module)) return std::string(target.substr(module.size()));
  for (const std::string_view space : {"torch.ops.aten.", "torch.ops.torchvision."}) {
    if (!target.starts_with(space)) continue;
    const std::string_view name = target.substr(space.size(), target.rfind('.') - space.size());
    const std::string_view known = found(kSameAs, name);
    return std::string(known.empty() ? name : known);
  }
  return "";
}

bool is_assertion(std::string_view operator_name) {
  constexpr std::string_view kNames[] = {"_assert_async", "_assert_scalar",
                                         "_assert_tensor_metadata", "sym_constrain_range",
                                         "sym_constrain_range_for_size"};
  return std::ranges::find(kNames, operator_name) != std::end(kNames);
}

}  // namespace headway::torch_export
