#include <memory>
#include <optional>

#include "algorithm_options.h"
#include "base/error.h"
#include "commands.h"
#include "exit_status.h"
#include "input_shapes.h"
#include "model_spec.h"

namespace headway {
namespace {

struct CompileArguments {
  std::string model;
  std::filesystem::path output;
  std::vector<std::string> shapes;
  std::optional<std::int64_t> batch;
  CompileOptions options;
  std::uint64_t seed = 0;
  WeightsOption weights;
};

void compile(const CompileArguments& arguments) {
  if (arguments.output.extension() != ".hwy")
    fail(ErrorCode::kInvalidArgument, "--output '", arguments.output.string(),
         "' must end in .hwy");
  const Model model =
      load_model(arguments.model, arguments.seed, arguments.weights, arguments.shapes);
  CompileOptions options = arguments.options;
  options.input_shapes = arguments.batch
                             ? shapes_at_batch(model.inputs(), arguments.shapes, *arguments.batch)
                             : resolve_input_shapes(model.inputs(), arguments.shapes);
  model.save_compiled(arguments.output, options);
}

}  // namespace

void add_compile_command(CLI::App& app, int& status) {
  CLI::App* command =
      app.add_subcommand("compile", "Write a model as this machine runs it, to start in no time");
  const auto arguments = std::make_shared<CompileArguments>();
  command->add_option("MODEL", arguments->model, kModelHelp)->required()->type_name("");
  command->add_option("-o,--output", arguments->output, "Where to write; must end in .hwy")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--shape", arguments->shapes,
                   "Fix an input's extents: 1x3x224x224 or name:1x3x224x224 (default: batch 1)")
      ->type_name("SHAPE");
  command->add_option("-b,--batch", arguments->batch, "Fix the batch (default: 1)")
      ->check(CLI::Range(1, 65536))
      ->type_name("N");
  command
      ->add_option("--threads", arguments->options.threads,
                   "Threads to prepare for (default: what affinity and CPU quota allow)")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
  command->add_option("--seed", arguments->seed, "Seed of a built-in model's weights")
      ->type_name("N")
      ->capture_default_str();
  add_weights_option(*command, arguments->weights);
  add_algorithm_options(*command, arguments->options);
  command->footer(
      "The file holds the optimized graph and its packed weights, which are mapped when it is "
      "loaded.\nIt is for this version of Headway, this kind of processor and these shapes. It "
      "appears complete\nor not at all.\n\n"
      "Examples:\n"
      "  headway compile model.onnx -o model.hwy\n"
      "  headway compile model.onnx -o model.hwy --batch 8\n"
      "  headway run model.hwy --input x.npy               the file stands for the model");
  command->callback([arguments, &status] {
    compile(*arguments);
    status = kSuccess;
  });
}

}  // namespace headway
