#include <algorithm>
#include <memory>
#include <thread>

#include "base/error.h"
#include "commands.h"
#include "conformance/report.h"
#include "exit_status.h"
#include "output.h"

namespace headway {
namespace {

using namespace conformance;

struct ConformanceArguments {
  std::vector<std::string> data;
  std::vector<std::string> paths;
  std::vector<std::string> filters;
  std::string exclusions;
  std::string update;
  int jobs = 0;
  bool list_failures = false;
};

std::vector<std::string> paths_to_run(const std::vector<std::string>& wanted) {
  const std::vector<std::string> all = all_paths();
  for (const std::string& path : wanted) {
    if (std::ranges::find(all, path) == all.end())
      fail(ErrorCode::kInvalidArgument, "--paths: there is no path '", path, "' on this machine");
  }
  return wanted.empty() ? all : wanted;
}

std::vector<Case> cases_to_run(const ConformanceArguments& arguments) {
  std::vector<Case> cases;
  for (const std::string& text : arguments.data)
    for (Case& test : find_cases(parse_data(text))) cases.push_back(std::move(test));
  std::erase_if(cases, [&](const Case& test) {
    return !arguments.filters.empty() &&
           std::ranges::none_of(arguments.filters, [&](const std::string& filter) {
             return test.name.find(filter) != std::string::npos;
           });
  });
  if (cases.empty()) {
    fail(ErrorCode::kNotFound,
         "there is no test case in the data; a case is a folder with "
         "model.onnx and test_data_set_0");
  }
  return cases;
}

int run_conformance(const ConformanceArguments& arguments) {
  if (!arguments.update.empty() && !(arguments.paths.empty() && arguments.filters.empty()))
    fail(ErrorCode::kInvalidArgument, "--update needs all paths and all cases");
  const std::string file = arguments.update.empty() ? arguments.exclusions : arguments.update;
  const Exclusions exclusions = file.empty() ? Exclusions() : Exclusions::read(file);
  const std::vector<Case> cases = cases_to_run(arguments);
  const int processors = static_cast<int>(std::thread::hardware_concurrency());
  const std::vector<Result> results =
      run_all(cases, paths_to_run(arguments.paths),
              arguments.jobs > 0 ? arguments.jobs : std::max(1, processors));
  if (!arguments.update.empty()) {
    updated(results, exclusions).write(arguments.update);
    return kSuccess;
  }
  print(arguments.list_failures ? failures_of(results) : summary_of(results, exclusions));
  return judge(results, exclusions).all_is_well() ? kSuccess : kSomethingFailed;
}

}  // namespace

void add_conformance_command(CLI::App& app, int& status) {
  CLI::App* command =
      app.add_subcommand("conformance", "Run ONNX's backend tests, every case on every path");
  const auto arguments = std::make_shared<ConformanceArguments>();
  command
      ->add_option(
          "--data", arguments->data,
          "Folders that hold test data in ONNX's layout, at any depth; LABEL=DIR gives one "
          "a name")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--paths", arguments->paths,
                   "Only these of reference, portable, avx2 and avx512 (default: all that this "
                   "machine has)")
      ->delimiter(',')
      ->type_name("PATH");
  command->add_option("--filter", arguments->filters, "Only cases whose names contain this text")
      ->type_name("TEXT");
  command
      ->add_option("--exclusions", arguments->exclusions,
                   "A file of cases that are known to fail: pattern, path and reason on each line")
      ->type_name("FILE");
  command
      ->add_option("--update", arguments->update,
                   "Rewrite this file of exclusions to fit: drop those no longer needed, add what "
                   "fails")
      ->type_name("FILE");
  command->add_option("--jobs", arguments->jobs, "Processes at a time (default: one per processor)")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  command->add_flag("--list-failures", arguments->list_failures,
                    "Every case that does not pass, excluded or not, and why");
  command->footer(
      "The exit status is 1 if a case fails that is not excluded, or an excluded one passes.\n\n"
      "Examples:\n"
      "  headway conformance --data onnx/backend/test/data\n"
      "  headway conformance --data mine=tests --paths reference,avx512 --filter conv\n"
      "  headway conformance --data tests --list-failures");
  command->callback([arguments, &status] { status = run_conformance(*arguments); });
}

}  // namespace headway
