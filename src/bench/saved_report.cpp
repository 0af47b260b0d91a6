#include "bench/saved_report.h"

#include <fstream>

#include "base/error.h"

namespace headway::bench {
namespace {

std::optional<double> number(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<double>());
}

std::optional<Interval> interval(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return Interval{json.at("estimate").get<double>(), json.at("low").get<double>(),
                  json.at("high").get<double>()};
}

RowSamples samples(const Json& processes) {
  RowSamples row;
  for (const Json& process : processes) {
    ProcessSamples& read = row.emplace_back();
    read.generation = process.at("generation").get<int>();
    for (const Json& round : process.at("rounds")) {
      read.rounds.push_back(
          {round.at("block").get<int>(), round.at("samples_ns").get<std::vector<double>>()});
    }
  }
  return row;
}

SavedRow saved_row(const Json& row) {
  SavedRow saved;
  saved.runtime = row.at("runtime").get<std::string>();
  saved.title = row.at("title").get<std::string>();
  saved.version = row.at("version").get<std::string>();
  saved.status = row.at("status").get<std::string>();
  saved.median_ns = interval(row.at("median_ns"));
  saved.load_ns = number(row.at("load_ns"));
  saved.first_ns = number(row.at("first_ns"));
  saved.peak_memory_bytes = row.at("peak_memory_bytes").get<std::int64_t>();
  saved.samples = samples(row.at("processes"));
  return saved;
}

/// "cpu", or "gpu" with what Headway says the device is: a driver may offer the CPU.
std::string device_of(const Json& race) {
  const auto device = race.at("device").get<std::string>();
  if (device == "cpu") return device;
  for (const Json& row : race.at("rows")) {
    const Json& settings = row.at("settings");
    if (settings.contains("device_kind"))
      return concat(device, ": ", settings.at("device").get<std::string>());
  }
  return device;
}

SavedRace saved_race(const Json& race, bool tuned) {
  SavedRace saved;
  saved.model = race.at("model").at("name").get<std::string>();
  saved.batch = race.at("batch").get<int>();
  saved.threads = race.at("threads").get<int>();
  saved.device = device_of(race);
  saved.seed = race.at("seed").get<std::uint64_t>();
  saved.noise_floor = race.at("noise_floor").get<double>();
  for (const Json& row : race.at("rows")) {
    if (row.at("tuned").get<bool>() == tuned) saved.rows.push_back(saved_row(row));
  }
  return saved;
}

}  // namespace

Json read_report(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) fail(ErrorCode::kNotFound, "there is no report ", path, " to read");
  Json report = Json::parse(file, nullptr, false);
  if (!report.is_object() || !report.contains("schema_version") || !report.contains("races")) {
    fail(ErrorCode::kInvalidModel, path,
         " is not a report that 'headway bench --export-json' wrote");
  }
  if (report.at("schema_version") != 1) {
    fail(ErrorCode::kUnsupported, "the report ", path, " has schema version ",
         report.at("schema_version").dump(), "; this program reads version 1");
  }
  return report;
}

SavedReport read_saved_report(const std::filesystem::path& path, bool tuned) {
  const Json report = read_report(path);
  try {
    const Json& context = report.at("context");
    const Json& machine = context.at("machine");
    SavedReport saved;
    saved.file = path.string();
    saved.headway_version = context.at("headway_version").get<std::string>();
    saved.date = context.at("date").get<std::string>();
    saved.machine = concat(machine.at("cpu").get<std::string>(), " · ",
                           machine.at("processors").get<int>(), " processors");
    saved.system = concat(machine.at("system").get<std::string>(), " · ",
                          machine.at("kernel").get<std::string>());
    for (const Json& race : report.at("races")) saved.races.push_back(saved_race(race, tuned));
    return saved;
  } catch (const Json::exception& error) {
    fail(ErrorCode::kInvalidModel, "the report ", path, " is malformed: ", error.what());
  }
}

}  // namespace headway::bench
