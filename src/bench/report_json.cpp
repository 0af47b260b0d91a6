#include <cmath>

#include <time.h>

#include "bench/report.h"
#include "bench/sections.h"
#include "bench/summary.h"

namespace headway::bench {
namespace {

constexpr int kSchemaVersion = 1;

/// Null instead of a number that JSON cannot hold.
template <typename Value>
Json number(const std::optional<Value>& value) {
  return value && std::isfinite(static_cast<double>(*value)) ? Json(*value) : Json();
}

Json interval_json(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  return {{"estimate", interval->estimate}, {"low", interval->low}, {"high", interval->high}};
}

Json agreement_json(const std::optional<Agreement>& agreement) {
  if (!agreement) return nullptr;
  Json json{{"within", agreement->within},
            {"max_abs_error", number(std::optional(agreement->max_abs))},
            {"max_rel_error", number(std::optional(agreement->max_rel))},
            {"top1_same", agreement->same_top1},
            {"top1_samples", agreement->samples}};
  json["problem"] = agreement->problem.empty() ? Json() : Json(agreement->problem);
  return json;
}

Json processes_json(const RowResult& row) {
  Json processes = Json::array();
  for (const ProcessResult& process : row.processes) {
    Json rounds = Json::array();
    for (const RoundResult& round : process.rounds) {
      rounds.push_back({{"block", round.block},
                        {"wall_ns", round.wall_ns},
                        {"processor_ns", round.processor_ns},
                        {"samples_ns", round.samples_ns}});
    }
    processes.push_back({{"generation", process.generation},
                         {"load_ns", process.load_ns},
                         {"first_ns", process.first_ns},
                         {"warmup_ns", process.warmup_ns},
                         {"steady", process.steady},
                         {"peak_memory_bytes", process.peak_memory_bytes},
                         {"resident_ns", process.resident_ns},
                         {"kernels_ns", process.kernels_ns},
                         {"rounds", std::move(rounds)}});
  }
  return processes;
}

Json identity_json(const RowResult& row) {
  Json json{{"runtime", row.spec.id},      {"title", row.spec.title},
            {"tuned", row.spec.tuned},     {"version", row.info.version},
            {"library", row.info.library}, {"devices", row.info.devices},
            {"settings", row.settings},    {"processes", processes_json(row)}};
  json["failure"] = nullptr;
  if (row.failure) {
    json["failure"] = {{"kind", name_of(row.failure->kind)}, {"sentence", row.failure->sentence}};
  }
  return json;
}

Json percentiles_json(const RowSummary& row, const RaceOptions& options) {
  Json json = Json::object();
  for (std::size_t index = 0; index < options.percentiles.size(); ++index) {
    json[percentile_name(options.percentiles[index])] = number(row.percentiles_ns.at(index));
  }
  return json;
}

Json row_json(const RowSummary& row, const RaceOptions& options) {
  Json json = identity_json(*row.row);
  json["status"] = name_of(row.status);
  json["samples"] = row.samples;
  json["median_ns"] = interval_json(row.median_ns);
  json["percentiles_ns"] = percentiles_json(row, options);
  json["samples_per_second"] = number(row.samples_per_second);
  json["ratio"] = interval_json(row.ratio);
  json["verdict"] = verdict_of(row).empty() ? Json() : Json(verdict_of(row));
  json["load_ns"] = number(row.load_ns);
  json["first_ns"] = number(row.first_ns);
  json["processor_per_wall"] = number(row.processor_per_wall);
  json["resident_ns"] = number(row.resident_ns);
  json["kernels_ns"] = number(row.kernels_ns);
  json["of_peak"] = number(row.of_peak);
  json["peak_memory_bytes"] = row.peak_memory_bytes;
  json["steady"] = row.steady;
  json["agreement"] = agreement_json(row.row->agreement);
  return json;
}

Json limits_json(const std::optional<MachineLimits>& limits) {
  if (!limits) return nullptr;
  return {{"operations_per_second", limits->operations_per_second},
          {"bytes_per_second", limits->bytes_per_second},
          {"cache_bytes", limits->cache_bytes}};
}

Json floor_json(const std::optional<Floor>& floor) {
  if (!floor) return nullptr;
  return {{"ns", floor->ns()},
          {"arithmetic_ns", floor->arithmetic_ns},
          {"memory_ns", floor->memory_ns}};
}

Json inputs_json(const RaceResult& race) {
  Json inputs = Json::array();
  for (const InputSpec& input : race.inputs) {
    inputs.push_back({{"name", input.name},
                      {"dtype", name_of(input.dtype)},
                      {"shape", input.shape},
                      {"below", input.upper > 0 ? Json(input.upper) : Json()}});
  }
  return inputs;
}

Json race_json(const RaceResult& race, const RaceSummary& summary) {
  Json rows = Json::array();
  for (const SummaryGroup& group : summary.groups) {
    for (const RowSummary& row : group.rows) rows.push_back(row_json(row, race.options));
  }
  Json json{{"model",
             {{"name", race.model.name},
              {"parameters", race.model.parameters},
              {"multiply_adds", race.model.multiply_adds},
              {"weight_bytes", race.model.weight_bytes},
              {"inputs", inputs_json(race)}}},
            {"batch", race.options.batch},
            {"threads", race.options.threads},
            {"device", race.options.device},
            {"seed", race.options.seed},
            {"input_sets", race.options.input_sets},
            {"budget_ns", number(race.options.budget_ns)},
            {"iterations", number(race.options.iterations)},
            {"duration_ns", number(race.options.duration_ns)},
            {"warmup", number(race.options.warmup)},
            {"atol", race.options.tolerance.atol},
            {"rtol", race.options.tolerance.rtol},
            {"elapsed_ns", race.elapsed_ns},
            {"interrupted", race.interrupted},
            {"harness_ns_per_call", number(race.harness_ns)},
            {"limits", limits_json(race.limits)},
            {"floor", floor_json(summary.floor)},
            {"noise_floor", summary.noise_floor},
            {"self_ratio", interval_json(summary.self_ratio)},
            {"notes", race.notes},
            {"recommendation", summary.recommendation},
            {"rows", std::move(rows)}};
  json["control"] = race.control ? identity_json(*race.control) : Json();
  return json;
}

Json machine_json(const Machine& machine) {
  return {{"cpu", machine.cpu},
          {"processors", machine.processors},
          {"quota", number(machine.quota)},
          {"governor", machine.governor.empty() ? Json() : Json(machine.governor)},
          {"turbo", machine.turbo ? Json(*machine.turbo) : Json()},
          {"memory_bytes", machine.memory_bytes},
          {"kernel", machine.kernel},
          {"system", machine.system},
          {"load_average", machine.load_average}};
}

}  // namespace

Json context_json(const Report& report) {
  return {{"headway_version", report.headway_version},
          {"date", report.date},
          {"command", report.command},
          {"machine", machine_json(report.machine)}};
}

Json to_json(const Report& report, const Summaries& summaries) {
  Json races = Json::array();
  for (std::size_t race = 0; race < report.races.size(); ++race) {
    races.push_back(race_json(report.races[race], summaries.at(race)));
  }
  return {{"schema_version", kSchemaVersion},
          {"context", context_json(report)},
          {"races", std::move(races)}};
}

std::string utc_date() {
  const time_t now = time(nullptr);
  tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace headway::bench
