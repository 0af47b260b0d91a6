#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/channel.h"
#include "bench/statistics.h"

namespace headway::bench {

/// A row of an exported report: what comparing it with others needs.
struct SavedRow {
  std::string runtime, title, version;
  std::string status;                 ///< "ok", "unchecked", "disagrees", "failed" or "missing".
  std::optional<Interval> median_ns;  ///< Per sample of the batch.
  std::optional<double> load_ns, first_ns;
  std::int64_t peak_memory_bytes = 0;  ///< 0 if unknown.
  RowSamples samples;
};

struct SavedRace {
  std::string model;
  int batch = 1, threads = 1;
  std::string device;
  std::uint64_t seed = 1;
  double noise_floor = 1;
  std::vector<SavedRow> rows;  ///< Default rows or tuned ones, as asked.
};

/// What `headway bench --export-json` wrote (docs/report-schema.md).
struct SavedReport {
  std::string file, headway_version, date;
  std::string machine;  ///< "AMD EPYC · 2 processors".
  std::string system;
  std::vector<SavedRace> races;
};

/// The document as it is. Throws Error(kNotFound, kInvalidModel or kUnsupported) naming the file.
Json read_report(const std::filesystem::path& path);

/// The same with its default rows, or its tuned ones.
SavedReport read_saved_report(const std::filesystem::path& path, bool tuned);

}  // namespace headway::bench
