#include <memory>

#include "commands.h"
#include "exit_status.h"
#include "input_shapes.h"
#include "model_spec.h"
#include "ops/operator.h"
#include "output.h"

namespace headway {
namespace {

struct ConvertArguments {
  std::string model;
  std::string output;
  std::vector<std::string> shapes;
  std::uint64_t seed = 0;
  WeightsOption weights;
};

Model with_fixed_shapes(const Model& model, const std::vector<std::string>& options) {
  Graph graph = model.graph().clone();
  infer_types(graph, resolve_input_shapes(model.inputs(), options));
  return Model(std::move(graph));
}

void convert(const ConvertArguments& arguments) {
  const Model model =
      load_model(arguments.model, arguments.seed, arguments.weights, arguments.shapes);
  if (arguments.shapes.empty() || model.is_compiled()) {
    model.save(arguments.output);
  } else {
    with_fixed_shapes(model, arguments.shapes).save(arguments.output);
  }
}

}  // namespace

void add_convert_command(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand("convert", "Write a model in another format");
  const auto arguments = std::make_shared<ConvertArguments>();
  command->add_option("MODEL", arguments->model, kModelHelp)->required()->type_name("");
  command
      ->add_option("-o,--output", arguments->output,
                   "Where to write; the ending chooses the format: .onnx (ONNX, opset 17) or .pt "
                   "(TorchScript)")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--shape", arguments->shapes,
                   "Fix an input's extents: 1x3x224x224 or name:1x3x224x224")
      ->type_name("SHAPE");
  command->add_option("--seed", arguments->seed, "Seed of a built-in model's weights")
      ->type_name("N")
      ->capture_default_str();
  add_weights_option(*command, arguments->weights);
  command->footer(
      "The file appears complete or not at all.\n\n"
      "Examples:\n"
      "  headway convert resnet50 -o resnet50.onnx\n"
      "  headway convert resnet50 --weights resnet50.pth -o trained.onnx\n"
      "  headway convert model.onnx -o model.pt            then torch.jit.load(\"model.pt\")\n"
      "  headway convert exported.pt2 -o exported.onnx\n"
      "  headway convert model.onnx -o fixed.onnx --shape 1x3x224x224");
  command->callback([arguments, &status] {
    convert(*arguments);
    status = kSuccess;
  });
}

}  // namespace headway
