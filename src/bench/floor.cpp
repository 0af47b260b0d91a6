#include "bench/floor.h"

#include <algorithm>
#include <string_view>

namespace headway::bench {

double Floor::ns() const noexcept {
  return std::max(arithmetic_ns, memory_ns);
}

std::optional<Floor> floor_of(const RaceResult& race) {
  if (!race.limits || race.model.multiply_adds <= 0 || race.options.device != "cpu") {
    return std::nullopt;
  }
  const double samples = race.options.batch;
  const auto operations = 2 * static_cast<double>(race.model.multiply_adds);
  const std::int64_t uncached = race.model.weight_bytes - race.limits->cache_bytes;
  const auto bytes = static_cast<double>(std::max(uncached, std::int64_t{0}));
  return Floor{operations / race.limits->operations_per_second * 1e9 / samples,
               bytes / race.limits->bytes_per_second * 1e9 / samples};
}

bool computes_in_fp32(const RowResult& row) {
  const auto precision = row.settings.find("precision");
  if (precision == row.settings.end()) return true;
  const std::string_view name = precision->second;
  return name.starts_with("f32") || name.starts_with("fp32") || name.starts_with("float32");
}

}  // namespace headway::bench
