#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "bench/profile_report.h"
#include "bench/table.h"
#include "bench/units.h"

namespace headway::bench {
namespace {

/// What figures are held against.
struct Whole {
  double time_ns = 0;
  int threads = 1;
  double limit_gflops = 0;

  double thread_time_ns() const { return time_ns * threads; }
};

std::string share_of(double part, double whole) {
  return whole > 0 ? format_percent(part / whole) : "–";
}

std::string signed_percent(double fraction) {
  return (fraction < 0 ? "−" : "+") + format_percent(std::abs(fraction));
}

std::string microseconds(double nanoseconds) {
  return significant(nanoseconds / 1e3, nanoseconds < 1e5 ? 3 : 4);
}

/// Figures that every table ends with.
std::vector<Table::Column> figure_columns(const Whole& whole) {
  std::vector<Table::Column> columns{{"time µs"},  {"share"}, {"GFLOP/s"},
                                     {"of limit"}, {"moved"}, {"GB/s"}};
  if (whole.threads > 1) columns.push_back({"idle"});
  return columns;
}

/// Operations or bytes per nanosecond are 1e9 of them per second.
std::vector<std::string> figures(const ProfileGroup& group, const Whole& whole) {
  const double time = std::max(group.time_ns, 1.0);
  const double gflops = static_cast<double>(group.flops) / time;
  const auto bytes = static_cast<double>(group.bytes);
  const bool computes = group.flops > 0;
  std::vector<std::string> cells{microseconds(group.time_ns),
                                 share_of(group.time_ns, whole.time_ns),
                                 computes ? significant(gflops, 3) : "",
                                 computes ? share_of(gflops, whole.limit_gflops) : "",
                                 format_bytes(bytes),
                                 significant(bytes / time, 3)};
  if (whole.threads > 1) cells.push_back(share_of(group.idle_ns, group.time_ns * whole.threads));
  return cells;
}

/// Names are paths whose end says most; the beginning of long ones is left out.
std::string shortened(std::string name) {
  constexpr std::size_t kLongest = 40;
  if (display_width(name) <= kLongest) return name;
  while (display_width(name) >= kLongest || display_width(name.substr(0, 1)) == 0) name.erase(0, 1);
  return "…" + name;
}

std::vector<std::string> labels(const ProfileGroup& group, ProfileKey by) {
  if (by != ProfileKey::kNode) return {group.name, std::to_string(group.steps)};
  return {shortened(group.name), group.first.op_type, group.first.algorithm,
          to_string(group.first.output_shape)};
}

std::vector<Table::Column> label_columns(ProfileKey by) {
  switch (by) {
    case ProfileKey::kNode:
      return {{"node", true}, {"operator", true}, {"algorithm", true}, {"output", true}};
    case ProfileKey::kOperator:
      return {{"operator", true}, {"nodes"}};
    case ProfileKey::kAlgorithm:
      return {{"algorithm", true}, {"nodes"}};
    case ProfileKey::kCategory:
      return {{"category", true}, {"nodes"}};
  }
  return {};
}

std::vector<std::string> sum_labels(const std::string& title, const ProfileGroup& sum,
                                    ProfileKey by) {
  if (by == ProfileKey::kNode) return {title, "", "", ""};
  return {title, std::to_string(sum.steps)};
}

std::string group_table(std::span<const ProfileGroup> groups, ProfileKey by, std::size_t top,
                        const Whole& whole) {
  std::vector<Table::Column> columns = label_columns(by);
  std::ranges::move(figure_columns(whole), std::back_inserter(columns));
  Table table(std::move(columns));
  const auto add = [&](std::vector<std::string> cells, const ProfileGroup& group, bool bold) {
    std::ranges::move(figures(group, whole), std::back_inserter(cells));
    table.add(std::move(cells), bold);
  };
  const std::size_t shown = top == 0 ? groups.size() : std::min(top, groups.size());
  for (const ProfileGroup& group : groups.first(shown)) add(labels(group, by), group, false);
  if (const auto rest = groups.subspan(shown); !rest.empty()) {
    const ProfileGroup others = total_of(rest);
    add(sum_labels(concat(rest.size(), rest.size() == 1 ? " other" : " others"), others, by),
        others, false);
  }
  const ProfileGroup total = total_of(groups);
  add(sum_labels("total", total, by), total, true);
  return table.to_text(false);
}

/// Where the time of all threads goes: unlike the time of steps, it includes waiting.
std::string thread_time_table(std::span<const ProfileGroup> categories, const Whole& whole) {
  Table table({{"thread time", true}, {"µs"}, {"share"}});
  const auto add = [&](const std::string& name, double time_ns, bool bold = false) {
    table.add({name, microseconds(time_ns), share_of(time_ns, whole.thread_time_ns())}, bold);
  };
  for (const ProfileGroup& group : categories) {
    add(group.name, group.time_ns * whole.threads - group.idle_ns - group.transform_ns);
  }
  const ProfileGroup sum = total_of(categories);
  if (sum.transform_ns > 0) add("winograd transforms", sum.transform_ns);
  add("idle threads", sum.idle_ns);
  add("total", whole.thread_time_ns(), true);
  return table.to_text(false);
}

std::string shapes_text(const std::vector<Shape>& shapes) {
  std::string text;
  for (const Shape& shape : shapes) text += (text.empty() ? "" : ", ") + to_string(shape);
  return text;
}

bool is_on_device(const ProfileReport& report) {
  return report.program.device != "cpu";
}

/// What ran it: threads of this processor, or a device.
std::string place_of(const ProfileReport& report) {
  const ProgramSummary& program = report.program;
  if (is_on_device(report)) return program.device;
  return concat(program.threads, program.threads == 1 ? " thread · " : " threads · ", program.isa);
}

/// See profiling_overhead.
constexpr std::size_t kFewestForInterval = 6;

Facts facts_of(const ProfileReport& report) {
  const ProgramSummary& program = report.program;
  const auto bytes = [](std::size_t count) { return format_bytes(static_cast<double>(count)); };
  Facts facts{
      {"program",
       concat(program.nodes, " nodes after fusion, ", program.reference_nodes,
              " of them on reference kernels",
              is_on_device(report) ? concat(", ", program.fallback_nodes, " on the CPU") : "",
              " · ", bytes(program.weight_bytes), " weights")},
      {"arena", concat(bytes(program.arena_bytes), " for activations; at least ",
                       bytes(program.peak_live_bytes), " are needed at once")},
      {"time", concat(format_duration(report.profiled_ns, 4), " profiled, ",
                      format_duration(report.plain_ns, 4), " not profiled: medians of ",
                      report.runs, " runs each, in turns")},
      {"overhead",
       concat(signed_percent(report.overhead.estimate), " by profiling, ",
              report.runs < kFewestForInterval ? "single pairs " : "95 % interval ",
              signed_percent(report.overhead.low), " to ", signed_percent(report.overhead.high))}};
  if (report.limit_gflops == 0) return facts;
  std::string limit = significant(report.limit_gflops, 4) + " GFLOP/s";
  if (report.limit_gbps) limit += ", " + significant(*report.limit_gbps, 3) + " GB/s from memory";
  facts.emplace_back("limit", std::move(limit));
  return facts;
}

}  // namespace

std::string profile_text(const ProfileReport& report, ProfileKey by, std::size_t top) {
  const std::vector<ProfileGroup> categories = group_by(ProfileKey::kCategory, report.steps);
  const Whole whole{total_of(categories).time_ns, is_on_device(report) ? 1 : report.program.threads,
                    report.limit_gflops};
  std::string text =
      concat(report.model, " · ", shapes_text(report.input_shapes), " · ", place_of(report), "\n");
  text += lines_of(facts_of(report));
  text += '\n' + group_table(group_by(by, report.steps), by, top, whole);
  if (by != ProfileKey::kCategory) {
    text += '\n' + group_table(categories, ProfileKey::kCategory, 0, whole);
  }
  if (!is_on_device(report)) text += '\n' + thread_time_table(categories, whole);
  return text;
}

}  // namespace headway::bench
