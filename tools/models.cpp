#include "models/models.h"

#include <memory>

#include "bench/table.h"
#include "bench/units.h"
#include "commands.h"
#include "exit_status.h"
#include "output.h"

namespace headway {
namespace {

void list_as_json() {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const models::BuiltinModel& model : models::builtin_models())
    list.push_back({{"name", model.name},
                    {"description", model.description},
                    {"paper", model.paper},
                    {"parameters", model.parameters},
                    {"multiply_adds", model.multiply_adds}});
  print_json(list);
}

void list_as_table() {
  bench::Table table({{"model", true},
                      {"parameters"},
                      {"multiply-adds"},
                      {"architecture", true},
                      {"paper", true}});
  for (const models::BuiltinModel& model : models::builtin_models())
    table.add({std::string(model.name), bench::format_count(static_cast<double>(model.parameters)),
               bench::format_count(static_cast<double>(model.multiply_adds)),
               std::string(model.description), std::string(model.paper)});
  print(table.to_text(false) +
        "\nMultiply-adds are of one 224x224 image, or of 128 tokens. Weights are seeded, not "
        "trained: use them to "
        "measure, not to classify.\n");
}

}  // namespace

void add_models_command(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand("models", "List the built-in models");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Machine-readable");
  command->footer(
      "Their names can stand wherever a command takes a MODEL.\n\n"
      "Examples:\n"
      "  headway models\n"
      "  headway models --json | jq -r '.[].name'");
  command->callback([json, &status] {
    *json ? list_as_json() : list_as_table();
    status = kSuccess;
  });
}

}  // namespace headway
