#include <algorithm>
#include <set>

#include "base/error.h"
#include "bench/comparison.h"
#include "bench/table.h"
#include "bench/units.h"

namespace headway::bench {
namespace {

constexpr const char* kNothing = "–";
constexpr double kMilliseconds = 1e6;

std::string joined(const auto& texts, const std::string& between) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : between) + text;
  return all;
}

std::string times(const std::optional<double>& ratio) {
  return ratio ? significant(*ratio, 3) + "×" : kNothing;
}

std::string times(const std::optional<Interval>& ratio) {
  return ratio ? times(ratio->estimate) : kNothing;
}

std::string range(const std::optional<Interval>& ratio) {
  if (!ratio) return kNothing;
  return concat("[", significant(ratio->low, 3), ", ", significant(ratio->high, 3), "]");
}

/// The median in milliseconds; what is wrong with the row where something is.
std::string median_cell(const SavedRow* row) {
  if (row == nullptr) return kNothing;
  if (row->status == "ok" && row->median_ns)
    return significant(row->median_ns->estimate / kMilliseconds, 4);
  return row->status == "ok" ? "not measured" : row->status;
}

Facts describe(const Comparison& comparison) {
  std::set<std::string> machines, systems, versions;
  std::string first, last;
  for (const SavedReport& report : comparison.reports) {
    machines.insert(report.machine);
    systems.insert(report.system);
    versions.insert(report.headway_version);
    first = first.empty() ? report.date : std::min(first, report.date);
    last = std::max(last, report.date);
  }
  std::vector<std::string> runtimes;
  for (const Comparison::Runtime& runtime : comparison.runtimes)
    runtimes.push_back(concat(runtime.title, " ", joined(runtime.versions, ", ")));
  const std::size_t files = comparison.reports.size();
  return {{"machine", joined(machines, "; ")},
          {"system", joined(systems, "; ")},
          {"runtimes", joined(runtimes, " · ")},
          {"reports",
           concat(files, files == 1 ? " report" : " reports", " of headway ",
                  joined(versions, ", "), " · ", first, first == last ? "" : " to " + last)}};
}

std::string headline(const Comparison& comparison, const ComparedRaces& races) {
  std::string text = concat("batch ", races.batch, " · ", races.threads,
                            races.threads == 1 ? " thread" : " threads", " · ", races.device);
  for (const SavedReport& report : comparison.reports)
    if (report.machine != races.machine) return text + " · " + races.machine;
  return text;
}

std::string explanation(const Comparison& comparison) {
  return concat(comparison.runtimes[kSubject].title, " ÷ ", comparison.runtimes[kAgainst].title,
                ": latency with its 95 % interval, the machine's noise floor, peak memory, time "
                "from loading to the first result. Then each runtime's median in ms per sample.");
}

Table table_of(const Comparison& comparison, const ComparedRaces& races) {
  std::vector<Table::Column> columns{{"Model", true}, {"latency"}, {"95 % interval"},
                                     {"noise"},       {"memory"},  {"start"}};
  for (const Comparison::Runtime& runtime : comparison.runtimes) columns.push_back({runtime.title});
  Table table(std::move(columns));
  for (const ComparedModel& model : races.models) {
    const std::optional<Interval>& ratio = model.ratios[kAgainst];
    std::vector<std::string> cells{model.model,         times(ratio),
                                   range(ratio),        format_percent(model.noise_floor - 1),
                                   times(model.memory), times(model.start)};
    for (const SavedRow* row : model.rows) cells.push_back(median_cell(row));
    table.add(std::move(cells));
  }
  const std::optional<Interval>& mean = races.means[kAgainst];
  std::vector<std::string> cells{
      "geometric mean",       times(mean), range(mean), "", times(races.memory_mean),
      times(races.start_mean)};
  cells.resize(cells.size() + comparison.runtimes.size());
  table.add(std::move(cells), true);
  return table;
}

/// "Headway ÷ ONNX Runtime: 0.70× [0.66, 0.74], the geometric mean over 9 of 10 models (not vgg16)"
std::string mean_sentence(const Comparison& comparison, const ComparedRaces& races,
                          std::size_t runtime) {
  const std::vector<std::string> without = models_without(races, runtime);
  const std::size_t all = races.models.size();
  return concat(comparison.runtimes[kSubject].title, " ÷ ", comparison.runtimes[runtime].title,
                ": ", times(races.means[runtime]), " ", range(races.means[runtime]),
                ", the geometric mean over ", all - without.size(), " of ", all,
                all == 1 ? " model" : " models",
                without.empty() ? "" : concat(" (without ", joined(without, ", "), ")"));
}

/// The one that counts comes last.
std::vector<std::string> mean_sentences(const Comparison& comparison, const ComparedRaces& races) {
  std::vector<std::string> sentences;
  for (std::size_t runtime = kAgainst + 1; runtime < comparison.runtimes.size(); ++runtime)
    sentences.push_back(mean_sentence(comparison, races, runtime));
  sentences.push_back(mean_sentence(comparison, races, kAgainst));
  return sentences;
}

Json interval_json(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  return {{"estimate", interval->estimate}, {"low", interval->low}, {"high", interval->high}};
}

Json number_json(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

Json model_json(const Comparison& comparison, const ComparedModel& model) {
  Json rows = Json::array();
  for (std::size_t runtime = 0; runtime < model.rows.size(); ++runtime) {
    const SavedRow* row = model.rows[runtime];
    if (row == nullptr) continue;
    rows.push_back({{"runtime", comparison.runtimes[runtime].id},
                    {"version", row->version},
                    {"status", row->status},
                    {"median_ns", interval_json(row->median_ns)},
                    {"subject_ratio", interval_json(model.ratios[runtime])},
                    {"load_ns", number_json(row->load_ns)},
                    {"first_ns", number_json(row->first_ns)},
                    {"peak_memory_bytes", row->peak_memory_bytes}});
  }
  return {{"model", model.model},
          {"noise_floor", model.noise_floor},
          {"ratio", interval_json(model.ratios[kAgainst])},
          {"memory_ratio", number_json(model.memory)},
          {"start_ratio", number_json(model.start)},
          {"rows", std::move(rows)}};
}

Json races_json(const Comparison& comparison, const ComparedRaces& races) {
  Json models = Json::array(), means = Json::array();
  for (const ComparedModel& model : races.models) models.push_back(model_json(comparison, model));
  for (std::size_t runtime = kAgainst; runtime < comparison.runtimes.size(); ++runtime) {
    means.push_back({{"runtime", comparison.runtimes[runtime].id},
                     {"ratio", interval_json(races.means[runtime])},
                     {"without", models_without(races, runtime)}});
  }
  return {{"machine", races.machine},
          {"device", races.device},
          {"batch", races.batch},
          {"threads", races.threads},
          {"models", std::move(models)},
          {"geometric_means", std::move(means)},
          {"memory_ratio", number_json(races.memory_mean)},
          {"start_ratio", number_json(races.start_mean)}};
}

}  // namespace

std::string to_text(const Comparison& comparison, bool color) {
  const auto bold = [&](const std::string& text) {
    return color ? "\x1b[1m" + text + "\x1b[0m" : text;
  };
  std::string text = lines_of(describe(comparison)) + '\n';
  for (const std::string& line : wrap(explanation(comparison), kTextWidth)) text += line + '\n';
  for (const ComparedRaces& races : comparison.races) {
    text += '\n' + bold(headline(comparison, races)) + "\n\n";
    text += table_of(comparison, races).to_text(color) + '\n';
    std::vector<std::string> sentences = mean_sentences(comparison, races);
    sentences.back() = bold(sentences.back());
    text += joined(sentences, "\n") + '\n';
  }
  return text;
}

std::string to_markdown(const Comparison& comparison) {
  std::string text;
  for (const auto& [title, content] : describe(comparison))
    text += "* " + title + ": " + content + '\n';
  text += '\n' + explanation(comparison) + '\n';
  for (const ComparedRaces& races : comparison.races) {
    text += "\n### " + headline(comparison, races) + "\n\n";
    text += table_of(comparison, races).to_markdown() + '\n';
    text += "* " + joined(mean_sentences(comparison, races), "\n* ") + '\n';
  }
  return text;
}

Json to_json(const Comparison& comparison) {
  Json files = Json::array(), races = Json::array();
  for (const SavedReport& report : comparison.reports) {
    files.push_back({{"file", report.file},
                     {"headway_version", report.headway_version},
                     {"date", report.date},
                     {"machine", report.machine},
                     {"system", report.system}});
  }
  for (const ComparedRaces& compared : comparison.races)
    races.push_back(races_json(comparison, compared));
  return {{"schema_version", 1},
          {"subject", comparison.runtimes[kSubject].id},
          {"against", comparison.runtimes[kAgainst].id},
          {"reports", std::move(files)},
          {"races", std::move(races)}};
}

}  // namespace headway::bench
