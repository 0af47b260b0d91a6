#include "departures.h"

#include <fstream>

#include <fnmatch.h>

#include "base/error.h"

namespace headway::differential {
namespace {

/// Cuts the first column off a line.
std::string take_column(std::string& line) {
  const std::size_t end = std::min(line.find("  "), line.size());
  std::string column = line.substr(0, end);
  line.erase(0, std::min(line.find_first_not_of(' ', end), line.size()));
  return column;
}

}  // namespace

Departures Departures::read(const std::filesystem::path& file) {
  Departures departures;
  std::ifstream stream(file);
  if (!stream) fail(ErrorCode::kNotFound, "there is no file '", file.string(), "'");
  std::size_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    Departure departure;
    departure.kind = take_column(line);
    departure.pattern = take_column(line);
    departure.reason = line;
    if (departure.pattern.empty() || departure.reason.empty())
      fail(ErrorCode::kInvalidArgument, file.string(), ":", number,
           ": expected kind, pattern and reason with two spaces between them");
    departures.entries.push_back(departure);
  }
  return departures;
}

Departure* Departures::explain(const Finding& finding, const std::string& text) {
  const std::string subject = text + " | " + finding.sentence;
  for (Departure& departure : entries) {
    if (fnmatch(departure.kind.c_str(), finding.kind.c_str(), 0) != 0) continue;
    if (fnmatch(departure.pattern.c_str(), subject.c_str(), FNM_NOESCAPE | FNM_EXTMATCH) != 0)
      continue;
    ++departure.met;
    return &departure;
  }
  return nullptr;
}

}  // namespace headway::differential
