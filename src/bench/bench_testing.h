#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/results.h"

namespace headway::bench {

/// A row whose every call took `latency`, in three processes of four blocks.
inline RowResult steady_row(const std::string& id, std::int64_t latency) {
  RowResult row;
  row.spec.id = id;
  row.spec.title = id;
  row.info.version = "1.0";
  row.agreement = Agreement{};
  for (int generation = 0; generation < 3; ++generation) {
    ProcessResult process{generation, 50'000, 3 * latency, {latency}, true, {}, 100'000'000};
    for (int block = 0; block < 4; ++block) {
      for (int half = 0; half < 2; ++half) {
        process.rounds.push_back({block, 5 * latency, 8 * latency, std::vector(5, latency)});
      }
    }
    row.processes.push_back(std::move(process));
  }
  return row;
}

inline RaceResult race_of(std::vector<RowResult> rows) {
  RaceResult race;
  race.model.name = "net";
  race.inputs = {{"x", DType::kFloat32, {1, 3}}};
  race.rows = std::move(rows);
  return race;
}

}  // namespace headway::bench
