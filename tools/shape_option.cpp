#include "shape_option.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace headway {

ShapeOption parse_shape_option(std::string_view text) {
  ShapeOption option;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) option.name = text.substr(0, colon);
  std::string_view rest = colon == std::string_view::npos ? text : text.substr(colon + 1);
  while (true) {
    const std::size_t end = std::min(rest.find('x'), rest.size());
    std::int64_t extent = 0;
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + end, extent);
    if (error != std::errc{} || stop != rest.data() + end || extent <= 0) {
      fail(ErrorCode::kInvalidArgument, "--shape is '", text,
           "'; write it as 1x3x224x224 or name:1x3x224x224");
    }
    option.shape.push_back(extent);
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  num_elements(option.shape);
  return option;
}

}  // namespace headway
