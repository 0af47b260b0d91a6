#include "bench/profile_report.h"

namespace headway::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;

Json step_json(const StepTimes& step) {
  const StepInfo& info = step.info;
  return {{"name", info.name},
          {"operator", info.op_type},
          {"algorithm", info.algorithm},
          {"category", name_of(info.category)},
          {"output_shape", info.output_shape},
          {"flops", info.flops},
          {"bytes_read", info.bytes_read},
          {"bytes_written", info.bytes_written},
          {"time_ns", step.time_ns},
          {"idle_ns", step.idle_ns},
          {"transform_ns", step.transform_ns}};
}

Json category_json(const ProfileGroup& group) {
  return {{"name", group.name},
          {"nodes", group.steps},
          {"time_ns", group.time_ns},
          {"idle_ns", group.idle_ns},
          {"transform_ns", group.transform_ns},
          {"flops", group.flops},
          {"bytes", group.bytes}};
}

}  // namespace

Json profile_json(const ProfileReport& report) {
  const ProgramSummary& program = report.program;
  Json steps = Json::array(), categories = Json::array();
  for (const StepTimes& step : report.steps) steps.push_back(step_json(step));
  const auto groups = group_by(ProfileKey::kCategory, report.steps);
  for (const ProfileGroup& group : groups) categories.push_back(category_json(group));
  const Interval& overhead = report.overhead;
  return {{"schema_version", kSchemaVersion},
          {"headway_version", report.headway_version},
          {"model", report.model},
          {"input_shapes", report.input_shapes},
          {"threads", program.threads},
          {"isa", program.isa},
          {"device", program.device},
          {"fallback_nodes", program.fallback_nodes},
          {"reference_nodes", program.reference_nodes},
          {"weight_bytes", program.weight_bytes},
          {"arena_bytes", program.arena_bytes},
          {"peak_live_bytes", program.peak_live_bytes},
          {"runs", report.runs},
          {"plain_ns", report.plain_ns},
          {"profiled_ns", report.profiled_ns},
          {"overhead",
           {{"estimate", overhead.estimate}, {"low", overhead.low}, {"high", overhead.high}}},
          {"limit_gflops", report.limit_gflops},
          {"limit_gbps", report.limit_gbps ? Json(*report.limit_gbps) : Json()},
          {"time_ns", total_of(groups).time_ns},
          {"idle_ns", total_of(groups).idle_ns},
          {"transform_ns", total_of(groups).transform_ns},
          {"categories", std::move(categories)},
          {"nodes", std::move(steps)}};
}

}  // namespace headway::bench
