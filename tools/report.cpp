#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include "bench/comparison.h"
#include "commands.h"
#include "exit_status.h"
#include "output.h"

namespace headway {
namespace {

constexpr const char* kExamples = R"(
Examples:
  headway bench resnet50 --export-json a.json
  headway bench model.onnx --export-json b.json
  headway report a.json b.json
  headway report a.json b.json --against pytorch-eager --format markdown > table.md
  headway report *.json --runtime openvino --against onnxruntime
  headway report *.json --sort ratio

A ratio is taken from the raw samples of both rows, with its 95 % interval; a row that failed or
disagrees has none, and the geometric mean says over how many models it was taken. 'make race' runs
ten models and prints this table.)";

struct ReportArguments {
  std::vector<std::string> files;
  bench::ComparisonOptions options;
  std::string format = "text";
  bool tuned = false;
};

bool all_ok(const bench::Comparison& comparison) {
  for (const bench::SavedReport& report : comparison.reports) {
    for (const bench::SavedRace& race : report.races) {
      if (!std::ranges::all_of(race.rows, [](const auto& row) { return row.status == "ok"; }))
        return false;
    }
  }
  return true;
}

void print_as(const std::string& format, const bench::Comparison& comparison) {
  if (format == "json") return print_json(to_json(comparison));
  if (format == "markdown") return print(to_markdown(comparison));
  const bool color = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  print(to_text(comparison, color));
}

ExitStatus write_report(const ReportArguments& arguments) {
  std::vector<bench::SavedReport> reports;
  for (const std::string& file : arguments.files)
    reports.push_back(bench::read_saved_report(file, arguments.tuned));
  const bench::Comparison comparison =
      bench::compare_reports(std::move(reports), arguments.options);
  print_as(arguments.format, comparison);
  return all_ok(comparison) ? kSuccess : kSomethingFailed;
}

}  // namespace

void add_report_command(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand(
      "report", "Tabulate exported races of several models, with the geometric mean");
  const auto arguments = std::make_shared<ReportArguments>();
  command->add_option("FILE", arguments->files, "Reports that 'headway bench --export-json' wrote")
      ->required()
      ->type_name("");
  command
      ->add_option("--runtime", arguments->options.subject,
                   "The runtime that is held against the others")
      ->capture_default_str();
  command->add_option("--against", arguments->options.against, "What its ratios are to")
      ->capture_default_str();
  command->add_flag("--tuned", arguments->tuned, "Compare the tuned rows, not the default ones");
  command
      ->add_option_function<std::string>(
          "--sort",
          [arguments](const std::string& order) {
            arguments->options.slowest_first = order == "ratio";
          },
          "Order of the models: given, or by their ratio, the slowest first (default: given)")
      ->check(CLI::IsMember({"given", "ratio"}));
  command->add_option("--format", arguments->format, "text, markdown or json")
      ->check(CLI::IsMember({"text", "markdown", "json"}))
      ->capture_default_str();
  command->footer(kExamples);
  command->callback([arguments, &status] { status = write_report(*arguments); });
}

}  // namespace headway
