#include "bench/runtimes.h"

#include <memory>

#include "base/error.h"
#include "bench/table.h"
#include "bench/worker_process.h"
#include "commands.h"
#include "exit_status.h"
#include "output.h"

namespace headway {
namespace {

using bench::RuntimeInfo;
using bench::RuntimeKind;

/// What asking one runtime gave: information, or why there is none.
struct Answer {
  const RuntimeKind* kind;
  RuntimeInfo info;
  std::string problem;  ///< Empty if the runtime can be used.
};

RuntimeInfo ask(const RuntimeKind& kind, bench::Interrupt& interrupt) {
  constexpr std::int64_t kTimeoutNs = 60'000'000'000;
  const auto executable = bench::find_worker(kind.worker);
  if (!executable)
    fail(ErrorCode::kNotFound, "the program headway-worker-", kind.worker, " was not built");
  bench::WorkerProcess process(*executable, {}, kTimeoutNs, interrupt);
  const bench::Json reply =
      process.request({{"command", "probe"}, {"options", kind.options}}, kTimeoutNs, false);
  return {reply.at("version").get<std::string>(), reply.at("library").get<std::string>(),
          reply.at("devices").get<std::vector<std::string>>()};
}

Answer probe(const RuntimeKind& kind, bench::Interrupt& interrupt) {
  try {
    return {&kind, ask(kind, interrupt), {}};
  } catch (const Error& error) {
    return {&kind, {}, error.what()};
  } catch (const bench::Json::exception&) {
    return {&kind, {}, "its worker gave an answer that makes no sense"};
  }
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// The problem, and the fix unless the problem's own sentence already says it.
std::string advice(const Answer& answer) {
  const std::string& fix = answer.kind->fix;
  if (fix.empty() || answer.problem.find(fix) != std::string::npos) return answer.problem;
  return answer.problem + "; " + fix;
}

std::string as_text(const std::vector<Answer>& answers) {
  bench::Table table({{"runtime", true}, {"version", true}, {"devices", true}, {"library", true}});
  std::string missing;
  for (const Answer& answer : answers) {
    if (answer.problem.empty()) {
      table.add(
          {answer.kind->id, answer.info.version, joined(answer.info.devices), answer.info.library});
    } else {
      missing += concat("  ", answer.kind->id, ": ", advice(answer), "\n");
    }
  }
  return table.to_text(false) + (missing.empty() ? "" : "\nNot available:\n" + missing);
}

nlohmann::ordered_json as_json(const std::vector<Answer>& answers) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Answer& answer : answers) {
    nlohmann::ordered_json row = {{"id", answer.kind->id},
                                  {"title", answer.kind->title},
                                  {"available", answer.problem.empty()}};
    if (answer.problem.empty()) {
      row["version"] = answer.info.version;
      row["library"] = answer.info.library;
      row["devices"] = answer.info.devices;
    } else {
      row["problem"] = answer.problem;
      row["fix"] = answer.kind->fix;
    }
    list.push_back(std::move(row));
  }
  return list;
}

void list_runtimes(bool json) {
  bench::Interrupt interrupt;
  std::vector<Answer> answers;
  for (const RuntimeKind& kind : bench::runtime_kinds())
    if (kind.worker != "fake") answers.push_back(probe(kind, interrupt));
  json ? print_json(as_json(answers)) : print(as_text(answers));
}

}  // namespace

void add_runtimes_command(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand(
      "runtimes", "List the runtimes to race against: versions, devices, and what is missing");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Machine-readable");
  command->footer(
      "Examples:\n"
      "  headway runtimes\n"
      "  headway runtimes --json | jq '.[] | select(.available) | .id'");
  command->callback([json, &status] {
    list_runtimes(*json);
    status = kSuccess;
  });
}

}  // namespace headway
