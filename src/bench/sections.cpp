#include "bench/sections.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "bench/units.h"

namespace headway::bench {
namespace {

constexpr const char* kNothing = "–";

struct TimeUnit {
  std::string name;
  double nanoseconds;
};

/// One unit for the whole table, so that figures can be compared at a glance.
TimeUnit unit_for(const SummaryGroup& group) {
  double smallest = 0;
  for (const RowSummary& row : group.rows) {
    if (!row.median_ns) continue;
    const double value = row.median_ns->estimate;
    smallest = smallest == 0 ? value : std::min(smallest, value);
  }
  if (smallest >= 1e9) return {"s", 1e9};
  if (smallest >= 1e5 || smallest == 0) return {"ms", 1e6};
  if (smallest >= 1e2) return {"µs", 1e3};
  return {"ns", 1};
}

std::string range(double low, double high, int digits) {
  return concat("[", significant(low, digits), ", ", significant(high, digits), "]");
}

template <typename Value>
std::string number(const std::optional<Value>& value, double unit = 1, int digits = 3) {
  return value ? significant(*value / unit, digits) : kNothing;
}

std::string ratio_cell(const RowSummary& row) {
  if (row.fastest) return "1";
  return row.ratio ? significant(row.ratio->estimate, 3) + "×" : kNothing;
}

std::string verdict_cell(const RowSummary& row) {
  const std::string_view verdict = verdict_of(row);
  return std::string(verdict.empty() ? name_of(row.status) : verdict);
}

std::string scientific(double value) {
  if (value == 0) return "0";
  if (!std::isfinite(value)) return "not finite";
  char text[32];
  std::snprintf(text, sizeof text, "%.1e", value);
  return text;
}

std::string rel_cell(const RowSummary& row) {
  const std::optional<Agreement>& agreement = row.row->agreement;
  if (!agreement) return row.row->processes.empty() ? kNothing : "unchecked";
  return agreement->problem.empty() ? scientific(agreement->max_rel) : "other outputs";
}

std::string abs_cell(const RowSummary& row) {
  const std::optional<Agreement>& agreement = row.row->agreement;
  return agreement && agreement->problem.empty() ? scientific(agreement->max_abs) : kNothing;
}

std::string top1_cell(const RowSummary& row) {
  const std::optional<Agreement>& agreement = row.row->agreement;
  if (!agreement || agreement->samples == 0) return kNothing;
  return concat(agreement->same_top1, "/", agreement->samples);
}

std::string duration_cell(const std::optional<double>& value) {
  return value ? format_duration(*value) : kNothing;
}

std::string input_list(const std::vector<InputSpec>& inputs) {
  std::string text;
  for (const InputSpec& input : inputs) {
    text += concat(text.empty() ? "" : ", ", input.name, " ", name_of(input.dtype), " ",
                   to_string(input.shape));
    if (input.upper > 0) text += concat(" below ", input.upper);
  }
  return text;
}

std::string describe_model(const RaceResult& race) {
  std::string text;
  if (race.model.parameters > 0) {
    text += format_count(static_cast<double>(race.model.parameters)) + " parameters · ";
  }
  if (race.model.multiply_adds > 0) {
    text +=
        format_count(static_cast<double>(race.model.multiply_adds)) + " multiply-adds per call · ";
  }
  return text + "input " + input_list(race.inputs);
}

/// What bounds it, and what the other bound would be.
std::string describe_floor(const RaceResult& race, const Floor& floor) {
  const MachineLimits& limits = *race.limits;
  const auto operations = 2 * static_cast<double>(race.model.multiply_adds);
  const std::string arithmetic =
      concat(format_count(operations),
             " operations per call, in convolutions and matrix products by their definition, at ",
             format_count(limits.operations_per_second), "op/s");
  const std::string memory = concat(
      format_bytes(static_cast<double>(race.model.weight_bytes)),
      " of weights, of which caches keep ", format_bytes(static_cast<double>(limits.cache_bytes)),
      " at most, read at ", format_bytes(limits.bytes_per_second), "/s");
  const bool by_memory = floor.memory_ns > floor.arithmetic_ns;
  std::string text =
      format_duration(floor.ns()) + " per sample: " + (by_memory ? memory : arithmetic);
  const double other = std::min(floor.arithmetic_ns, floor.memory_ns);
  if (other > 0)
    text += concat(" · ", by_memory ? "arithmetic" : "reading weights", " alone ",
                   format_duration(other));
  return text;
}

std::string describe_method(const RaceResult& race, const RaceSummary& summary) {
  std::size_t processes = 0;
  std::size_t fewest = 0;
  std::size_t most = 0;
  for (const SummaryGroup& group : summary.groups) {
    for (const RowSummary& row : group.rows) {
      processes = std::max(processes, row.row->processes.size());
      if (row.samples == 0) continue;
      fewest = fewest == 0 ? row.samples : std::min(fewest, row.samples);
      most = std::max(most, row.samples);
    }
  }
  const std::string calls = fewest == most ? concat(most) : concat(fewest, " to ", most);
  return concat(processes, processes == 1 ? " process and " : " processes and ", calls,
                " calls per row, in interleaved rounds · ", race.options.input_sets,
                " rotated inputs · seed ", race.options.seed, " · ",
                format_duration(static_cast<double>(race.elapsed_ns)));
}

std::string describe_noise(const RaceResult& race, const RaceSummary& summary) {
  if (!summary.self_ratio) return "unknown: the second instance of a row was not measured";
  const Interval& ratio = *summary.self_ratio;
  return concat(race.rows[race.control_of].spec.title, " against itself ",
                significant(ratio.estimate, 4), " ", range(ratio.low, ratio.high, 4),
                ": a difference counts if it exceeds ", format_percent(summary.noise_floor - 1),
                " by more than its interval");
}

/// With a full stop, however the sentence came.
std::string ended(std::string sentence) {
  if (!sentence.ends_with('.')) sentence += '.';
  return sentence;
}

void remark_on_row(const RowSummary& row, const RaceOptions& options,
                   std::vector<std::string>& texts) {
  const std::string& title = row.row->spec.title;
  if (row.row->failure) texts.push_back(concat(title, ": ", ended(row.row->failure->sentence)));
  if (row.status == RowStatus::kDisagrees) {
    const Agreement& agreement = *row.row->agreement;
    texts.push_back(concat(title, " disagrees with the reference, so no speed is claimed: ",
                           agreement.problem.empty()
                               ? concat("maximum relative error ", scientific(agreement.max_rel),
                                        " exceeds --rtol ", scientific(options.tolerance.rtol))
                               : agreement.problem,
                           "."));
  }
}

/// A driver may offer the CPU as its device.
void remark_on_device(const RowSummary& row, const RaceOptions& options,
                      std::vector<std::string>& texts) {
  const auto kind = row.row->settings.find("device_kind");
  if (options.device == "cpu" || kind == row.row->settings.end() || kind->second == "GPU") return;
  texts.push_back(concat(row.row->spec.title, " ran on a device that is no GPU but a ",
                         kind->second, ": ", row.row->settings.at("device"), "."));
}

std::string unsteady_rows(const RaceSummary& summary) {
  std::string names;
  for (const SummaryGroup& group : summary.groups) {
    for (const RowSummary& row : group.rows) {
      if (row.samples == 0 || row.steady) continue;
      names += (names.empty() ? "" : ", ") + row.row->spec.title;
    }
  }
  return names;
}

}  // namespace

std::string percentile_name(double percent) {
  return concat("p", percent);
}

std::string headline(const RaceResult& race) {
  const RaceOptions& options = race.options;
  return concat(race.model.name, " · batch ", options.batch, " · ", options.threads,
                options.threads == 1 ? " thread" : " threads", " · ", options.device);
}

Facts describe_context(const Report& report) {
  const Machine& machine = report.machine;
  std::string hardware = concat(machine.cpu, " · ", machine.processors, " processors");
  hardware += machine.quota ? concat(" (quota ", significant(*machine.quota, 3), ")") : "";
  hardware += " · " + format_bytes(static_cast<double>(machine.memory_bytes)) + " memory";
  if (!machine.governor.empty()) hardware += " · governor " + machine.governor;
  if (machine.turbo) hardware += *machine.turbo ? " · turbo on" : " · turbo off";
  std::string load = "load average " + significant(machine.load_average, 2);
  if (machine.load_average > 0.5 * machine.processors) {
    load += ": busy with something else, which widens every interval";
  }
  return {{"machine", hardware},
          {"system", concat(machine.system, " · ", machine.kernel, " · ", load)},
          {"report", concat("headway ", report.headway_version, " · ", report.date)}};
}

Facts describe_race(const RaceResult& race, const RaceSummary& summary) {
  Facts facts{{"model", describe_model(race)}};
  if (summary.floor) facts.emplace_back("floor", describe_floor(race, *summary.floor));
  facts.emplace_back("method", describe_method(race, summary));
  facts.emplace_back("noise floor", describe_noise(race, summary));
  facts.emplace_back("harness cost", race.harness_ns
                                         ? format_duration(*race.harness_ns, 2) + " per call"
                                         : "not measured");
  return facts;
}

Table latency_table(const RaceResult& race, const SummaryGroup& group) {
  const TimeUnit unit = unit_for(group);
  std::vector<Table::Column> columns{{group.tuned ? "Runtime, tuned" : "Runtime", true},
                                     {"median " + unit.name},
                                     {"95 % interval"}};
  for (const double percent : race.options.percentiles)
    columns.push_back({percentile_name(percent)});
  columns.insert(columns.end(), {{"samples/s"}, {"ratio"}, {"95 % interval"}, {"verdict", true}});
  Table table(std::move(columns));
  for (const RowSummary& row : group.rows) {
    std::vector<std::string> cells{row.row->spec.title, kNothing, kNothing};
    if (row.median_ns) {
      cells[1] = significant(row.median_ns->estimate / unit.nanoseconds, 4);
      cells[2] =
          range(row.median_ns->low / unit.nanoseconds, row.median_ns->high / unit.nanoseconds, 4);
    }
    for (const auto& value : row.percentiles_ns)
      cells.push_back(number(value, unit.nanoseconds, 4));
    cells.push_back(number(row.samples_per_second, 1, 4));
    cells.push_back(ratio_cell(row));
    cells.push_back(row.ratio ? range(row.ratio->low, row.ratio->high, 3) : kNothing);
    cells.push_back(verdict_cell(row));
    table.add(std::move(cells), row.fastest);
  }
  return table;
}

Table cost_table(const SummaryGroup& group) {
  const bool shares = std::ranges::any_of(
      group.rows, [](const RowSummary& row) { return row.of_peak.has_value(); });
  const bool devices = std::ranges::any_of(
      group.rows, [](const RowSummary& row) { return row.resident_ns.has_value(); });
  std::vector<Table::Column> columns{
      {"Runtime", true}, {"load"}, {"first inference"}, {"peak memory"}, {"CPU/wall"}};
  if (shares) columns.push_back({"of peak"});
  if (devices) columns.insert(columns.end(), {{"on the device"}, {"kernels"}});
  columns.insert(columns.end(), {{"max abs"}, {"max rel"}, {"top-1"}, {"version", true}});
  Table table(std::move(columns));
  for (const RowSummary& row : group.rows) {
    std::vector<std::string> cells{
        row.row->spec.title, duration_cell(row.load_ns), duration_cell(row.first_ns),
        row.peak_memory_bytes > 0 ? format_bytes(static_cast<double>(row.peak_memory_bytes))
                                  : kNothing,
        number(row.processor_per_wall)};
    if (shares) cells.push_back(row.of_peak ? format_percent(*row.of_peak) : kNothing);
    if (devices) {
      cells.push_back(duration_cell(row.resident_ns));
      cells.push_back(duration_cell(row.kernels_ns));
    }
    cells.insert(cells.end(), {abs_cell(row), rel_cell(row), top1_cell(row),
                               row.row->info.version.empty() ? kNothing : row.row->info.version});
    table.add(std::move(cells), row.fastest);
  }
  return table;
}

Facts describe_settings(const SummaryGroup& group) {
  Facts facts;
  for (const RowSummary& row : group.rows) {
    std::string text;
    for (const auto& [name, value] : row.row->settings) {
      if (name == "version" || name == "library") continue;
      text += concat(text.empty() ? "" : ", ", name, "=", value);
    }
    if (!text.empty()) facts.emplace_back(row.row->spec.title, text);
  }
  return facts;
}

std::vector<std::string> remarks(const RaceResult& race, const RaceSummary& summary) {
  std::vector<std::string> texts;
  std::size_t processes = 0;
  for (const SummaryGroup& group : summary.groups) {
    for (const RowSummary& row : group.rows) {
      remark_on_row(row, race.options, texts);
      remark_on_device(row, race.options, texts);
      processes = std::max(processes, row.row->processes.size());
    }
  }
  if (const std::string names = unsteady_rows(summary); !names.empty()) {
    texts.push_back(
        concat("Not steady, the latency still changed when the warm-up ended: ", names, "."));
  }
  texts.insert(texts.end(), race.notes.begin(), race.notes.end());
  if (processes == 1) {
    texts.push_back(
        "Each runtime ran in one process only, so the intervals do not know how processes differ; "
        "a larger --budget buys more.");
  }
  if (race.control && race.control->failure) {
    texts.push_back(concat(
        "The second instance for the noise floor failed: ", race.control->failure->sentence, "."));
  }
  if (race.interrupted)
    texts.push_back("The race was interrupted; this is what was measured before.");
  return texts;
}

}  // namespace headway::bench
