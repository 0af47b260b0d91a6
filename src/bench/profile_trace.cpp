#include "base/error.h"
#include "bench/profile_report.h"

namespace headway::bench {
namespace {

using Json = nlohmann::ordered_json;

/// Of a trace, in microseconds.
class TraceClock {
 public:
  explicit TraceClock(std::int64_t origin_ns) : origin_ns_(origin_ns) {}

  /// A slice of a thread's track.
  Json slice(const std::string& name, std::string_view category, int thread, std::int64_t begin_ns,
             std::int64_t end_ns) const {
    return {{"ph", "X"},
            {"name", name},
            {"cat", category},
            {"pid", 1},
            {"tid", thread},
            {"ts", static_cast<double>(begin_ns - origin_ns_) / 1e3},
            {"dur", static_cast<double>(end_ns - begin_ns) / 1e3}};
  }

 private:
  std::int64_t origin_ns_;
};

Json named(const char* what, int thread, const std::string& name) {
  return {{"ph", "M"}, {"name", what}, {"pid", 1}, {"tid", thread}, {"args", {{"name", name}}}};
}

Json arguments_of(const StepInfo& info, std::int64_t time_ns) {
  const double time = time_ns > 0 ? static_cast<double>(time_ns) : 1;
  const std::int64_t bytes = info.bytes_read + info.bytes_written;
  return {{"operator", info.op_type},
          {"algorithm", info.algorithm},
          {"output", to_string(info.output_shape)},
          {"GFLOP/s", static_cast<double>(info.flops) / time},
          {"GB/s", static_cast<double>(bytes) / time}};
}

void add_run(Json& events, const std::vector<StepTimes>& steps, const Profile& run,
             const TraceClock& clock) {
  const auto threads = static_cast<std::size_t>(run.threads);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const StepInfo& info = steps[i].info;
    for (std::size_t thread = 0; thread < threads; ++thread) {
      const ThreadSpan& span = run.spans.at(i * threads + thread);
      if (span.end_ns == 0) continue;
      Json slice = clock.slice(info.name, name_of(info.category), static_cast<int>(thread),
                               span.begin_ns, span.end_ns);
      if (thread == 0) slice["args"] = arguments_of(info, span.end_ns - span.begin_ns);
      slice["args"]["busy_us"] = static_cast<double>(span.busy_ns) / 1e3;
      events.push_back(std::move(slice));
    }
  }
}

}  // namespace

Json trace_json(const ProfileReport& report, std::span<const Profile> runs) {
  Json events = Json::array();
  events.push_back(named("process_name", 0, "headway profile " + report.model));
  for (int thread = 0; thread < report.program.threads; ++thread) {
    events.push_back(named("thread_name", thread, concat("thread ", thread)));
  }
  for (const Profile& run : runs) {
    const TraceClock clock(runs.front().begin_ns);
    const std::int64_t end = run.ends_ns.empty() ? run.begin_ns : run.ends_ns.back();
    events.push_back(clock.slice("run", "run", 0, run.begin_ns, end));
    add_run(events, report.steps, run, clock);
  }
  return {{"displayTimeUnit", "ms"},
          {"otherData", {{"headway_version", report.headway_version}, {"isa", report.program.isa}}},
          {"traceEvents", std::move(events)}};
}

}  // namespace headway::bench
