#include "bench/report.h"
#include "bench/sections.h"

namespace headway::bench {
namespace {

std::string list_of(const Facts& facts) {
  std::string text;
  for (const auto& [title, content] : facts) text += "* " + title + ": " + content + '\n';
  return text;
}

std::string race_markdown(const RaceResult& race, const RaceSummary& summary) {
  std::string text = "\n## " + headline(race) + "\n\n" + list_of(describe_race(race, summary));
  for (const SummaryGroup& group : summary.groups) {
    text += '\n' + latency_table(race, group).to_markdown();
    text += '\n' + cost_table(group).to_markdown();
    text += "\nSettings:\n\n" + list_of(describe_settings(group));
  }
  const std::vector<std::string> notes = remarks(race, summary);
  if (!notes.empty()) text += "\nRemarks:\n\n";
  for (const std::string& note : notes) text += "* " + note + '\n';
  return text + "\n**" + summary.recommendation + "**\n";
}

}  // namespace

std::string to_markdown(const Report& report, const Summaries& summaries) {
  std::string text = "# headway bench\n\n```\n" + report.command + "\n```\n\n";
  text += list_of(describe_context(report));
  for (std::size_t race = 0; race < report.races.size(); ++race) {
    text += race_markdown(report.races[race], summaries.at(race));
  }
  return text;
}

}  // namespace headway::bench
