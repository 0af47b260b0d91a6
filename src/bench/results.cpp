#include "bench/results.h"

namespace headway::bench {

RowSamples samples_of(const RowResult& row) {
  RowSamples samples;
  for (const ProcessResult& process : row.processes) {
    ProcessSamples converted{process.generation, {}};
    for (const RoundResult& round : process.rounds) {
      converted.rounds.push_back({round.block, {round.samples_ns.begin(), round.samples_ns.end()}});
    }
    samples.push_back(std::move(converted));
  }
  return samples;
}

}  // namespace headway::bench
