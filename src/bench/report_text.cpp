#include <algorithm>

#include "bench/report.h"
#include "bench/sections.h"

namespace headway::bench {
namespace {

std::string bold(const std::string& text, bool color) {
  return color ? "\x1b[1m" + text + "\x1b[0m" : text;
}

std::string paragraph(const std::string& bullet, const std::string& content) {
  std::string text;
  std::string margin = "  " + bullet;
  for (const std::string& line : wrap(content, kTextWidth - display_width(margin))) {
    text += margin + line + '\n';
    margin.assign(display_width(margin), ' ');
  }
  return text;
}

}  // namespace

bool Report::interrupted() const {
  return std::ranges::any_of(races, [](const RaceResult& race) { return race.interrupted; });
}

std::string context_text(const Report& report) {
  return lines_of(describe_context(report));
}

std::string race_text(const RaceResult& race, const RaceSummary& summary, bool color) {
  std::string text = bold(headline(race), color) + '\n';
  text += lines_of(describe_race(race, summary));
  for (const SummaryGroup& group : summary.groups) {
    text += '\n' + latency_table(race, group).to_text(color);
    text += '\n' + cost_table(group).to_text(color);
    const Facts settings = describe_settings(group);
    if (!settings.empty()) text += "\nsettings\n" + lines_of(settings);
  }
  const std::vector<std::string> notes = remarks(race, summary);
  if (!notes.empty()) text += "\nremarks\n";
  for (const std::string& note : notes) text += paragraph("· ", note);
  return text + '\n' + bold(summary.recommendation, color) + '\n';
}

}  // namespace headway::bench
