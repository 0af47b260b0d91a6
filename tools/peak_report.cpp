#include "peak_report.h"

#include "base/error.h"
#include "bench/sections.h"
#include "bench/units.h"

namespace headway {
namespace {

using Json = nlohmann::ordered_json;
using bench::significant;

constexpr const char* kNothing = "–";
constexpr double kGiga = 1e9;

/// In the powers of two that caches come in: "48 KiB", "1.5 MiB".
std::string binary_bytes(std::int64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  return concat(value < 100 ? significant(value, value == std::int64_t(value) ? 1 : 3)
                            : significant(value, 3),
                ' ', kUnits[unit]);
}

std::string what_it_does(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return "fp32 multiply-add";
    case DType::kBFloat16:
      return "bf16 dot product";
    default:
      return "int8 dot product";
  }
}

std::string cache_list(const std::vector<Cache>& caches) {
  std::string text;
  for (const Cache& cache : caches) {
    text += concat(text.empty() ? "" : " · ", name_of_level(cache.level), ' ',
                   cache.count > 1 ? concat(cache.count, " × ") : "", binary_bytes(cache.bytes));
  }
  return text.empty() ? "unknown to the system" : text;
}

void add_cells(std::vector<std::string>& cells, const std::optional<Rate>& rate) {
  if (!rate) {
    cells.insert(cells.end(), 3, kNothing);
    return;
  }
  cells.push_back(significant(rate->best / kGiga, 4));
  cells.push_back(significant(rate->median / kGiga, 4));
  cells.push_back(bench::format_percent(rate->spread));
}

bench::Table arithmetic_table(const PeakReport& report) {
  bench::Table table({{"Arithmetic", true},
                      {"instruction", true},
                      {"path", true},
                      {"threads"},
                      {"best Gop/s"},
                      {"median"},
                      {"spread"}});
  for (const PeakReport::Arithmetic& row : report.arithmetic) {
    if (!row.operations) continue;
    std::vector<std::string> cells{what_it_does(row.unit.dtype), row.unit.loop->instruction,
                                   std::string(name_of(row.unit.isa)), concat(row.threads)};
    add_cells(cells, row.operations);
    table.add(std::move(cells));
  }
  return table;
}

bench::Table bandwidth_table(const PeakReport& report) {
  bench::Table table({{"Bandwidth", true},
                      {"per thread"},
                      {"threads"},
                      {"best read GB/s"},
                      {"median"},
                      {"spread"},
                      {"best copy GB/s"},
                      {"median"},
                      {"spread"}});
  for (const PeakReport::Bandwidth& row : report.bandwidth) {
    std::vector<std::string> cells{name_of_level(row.area.level),
                                   row.read ? binary_bytes(row.area.bytes) : kNothing,
                                   concat(row.area.threads)};
    add_cells(cells, row.read);
    add_cells(cells, row.copy);
    table.add(std::move(cells));
  }
  return table;
}

/// Whatever a reader might miss.
std::vector<std::string> remarks(const PeakReport& report) {
  std::vector<std::string> texts;
  if (report.forced) {
    texts.push_back(concat("HEADWAY_ISA=", name_of(report.isa),
                           " leaves out what this processor has beyond it."));
  }
  const ArithmeticLoop* last = nullptr;
  for (const PeakReport::Arithmetic& row : report.arithmetic) {
    if (row.operations || row.unit.loop == last) continue;
    last = row.unit.loop;
    texts.push_back(concat(what_it_does(row.unit.dtype), " with ", row.unit.loop->instruction,
                           ": this processor lacks ", row.unit.lacks, '.'));
  }
  for (const PeakReport::Bandwidth& row : report.bandwidth) {
    if (row.read) continue;
    texts.push_back(concat(name_of_level(row.area.level), " on ", row.area.threads,
                           " threads: a thread's share of it is no larger than the cache before."));
  }
  return texts;
}

Json rate_json(const std::optional<Rate>& rate) {
  if (!rate) return nullptr;
  return {{"best", rate->best}, {"median", rate->median}, {"spread", rate->spread}};
}

}  // namespace

std::string to_text(const PeakReport& report) {
  bench::Facts facts = describe_context(report.context);
  facts.emplace_back("caches", cache_list(report.caches));
  facts.emplace_back("method", concat(report.samples,
                                      " samples of each figure, interleaved · spread is the "
                                      "interquartile range over the median · a multiply-add is two "
                                      "operations, a copied byte is read and written"));
  std::string text = bench::lines_of(facts) + '\n' + arithmetic_table(report).to_text(false) +
                     '\n' + bandwidth_table(report).to_text(false);
  const std::vector<std::string> notes = remarks(report);
  if (!notes.empty()) text += "\nremarks\n";
  for (const std::string& note : notes) text += "  · " + note + '\n';
  return text;
}

Json to_json(const PeakReport& report) {
  Json caches = Json::array(), arithmetic = Json::array(), bandwidth = Json::array();
  for (const Cache& cache : report.caches)
    caches.push_back({{"level", cache.level}, {"bytes", cache.bytes}, {"count", cache.count}});
  for (const PeakReport::Arithmetic& row : report.arithmetic) {
    arithmetic.push_back({{"dtype", name_of(row.unit.dtype)},
                          {"isa", name_of(row.unit.isa)},
                          {"instruction", row.unit.loop->instruction},
                          {"threads", row.threads},
                          {"operations_per_second", rate_json(row.operations)},
                          {"lacks", row.operations ? Json() : Json(row.unit.lacks)}});
  }
  for (const PeakReport::Bandwidth& row : report.bandwidth) {
    bandwidth.push_back({{"level", name_of_level(row.area.level)},
                         {"threads", row.area.threads},
                         {"bytes_per_thread", row.area.bytes},
                         {"read_bytes_per_second", rate_json(row.read)},
                         {"copy_bytes_per_second", rate_json(row.copy)}});
  }
  return {{"schema_version", 1},
          {"context", bench::context_json(report.context)},
          {"isa", name_of(report.isa)},
          {"samples", report.samples},
          {"caches", std::move(caches)},
          {"arithmetic", std::move(arithmetic)},
          {"bandwidth", std::move(bandwidth)}};
}

}  // namespace headway
