#include <memory>

#include "headway/session.h"

#include "algorithm_options.h"
#include "base/error.h"
#include "bench/table.h"
#include "commands.h"
#include "exit_status.h"
#include "model_spec.h"
#include "output.h"
#include "run_inputs.h"
#include "run_outputs.h"
#include "runtime/reference.h"

namespace headway {
namespace {

using Json = nlohmann::ordered_json;

struct RunArguments {
  std::string model;
  InputArguments inputs;
  std::string output;
  std::string labels;
  std::optional<std::int64_t> top;
  CompileOptions options;
  std::uint64_t seed = 0;
  WeightsOption weights;
  bool reference = false;
  bool json = false;
};

/// What a run gave, and what the report is to say about it.
struct RunResult {
  std::string model;
  std::vector<NamedOutput> outputs;
  std::optional<ProgramSummary> program;  ///< Not for the strict reference.
  std::int64_t top = 0;                   ///< 0: no ranking.
  std::vector<std::string> labels;
};

std::vector<Tensor> compute(Model model, const RunArguments& arguments,
                            const std::vector<Tensor>& inputs, RunResult& result) {
  if (arguments.reference) return strict_reference(model, inputs);
  CompileOptions options = arguments.options;
  for (const Tensor& input : inputs) options.input_shapes.push_back(input.shape());
  const Program program = std::move(model).compile(options);
  result.program = program.summary();
  Session session(program);
  std::vector<Tensor> outputs;
  for (const Tensor& output : session.run(inputs)) outputs.push_back(output.clone());
  return outputs;
}

RunResult run_model(const RunArguments& arguments) {
  Model model = load_model(arguments.model, arguments.seed, arguments.weights,
                           stated_shapes(arguments.inputs));
  const std::vector<ValueInfo> described = model.outputs();
  if (!arguments.output.empty()) check_output_file(arguments.output, described.size());
  RunResult result;
  result.model = model.name();
  if (!arguments.labels.empty()) result.labels = read_labels(arguments.labels);
  const CollectedInputs inputs = collect_inputs(model.inputs(), arguments.inputs);
  const bool ranked = inputs.from_image || !arguments.labels.empty();
  result.top = arguments.top.value_or(ranked ? 5 : 0);
  auto tensors = compute(std::move(model), arguments, inputs.tensors, result);
  for (std::size_t i = 0; i < tensors.size(); ++i)
    result.outputs.push_back({described[i].name, std::move(tensors[i])});
  return result;
}

std::string label_of(const RunResult& result, std::int64_t index) {
  const auto position = static_cast<std::size_t>(index);
  return position < result.labels.size() ? result.labels[position] : "";
}

std::string ranking_text(const RunResult& result, const Tensor& tensor) {
  std::string text;
  const auto rows = top_k(tensor, result.top);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows.size() > 1) text += concat("row ", row, "\n");
    bench::Table table({{"class"}, {"score"}, {"label", true}});
    for (const Ranked& entry : rows[row])
      table.add({std::to_string(entry.index), concat(entry.score), label_of(result, entry.index)});
    text += table.to_text(false);
  }
  return text;
}

/// Says what ran it, if that is not plainly this processor.
std::string device_text(const RunResult& result) {
  if (!result.program || result.program->device == "cpu") return "";
  return concat("\nran on ", result.program->device, ", ", result.program->fallback_nodes, " of ",
                result.program->nodes, " nodes on the CPU instead\n");
}

std::string as_text(const RunResult& result) {
  bench::Table table(
      {{"output", true}, {"dtype", true}, {"shape", true}, {"min"}, {"max"}, {"mean"}});
  std::string rankings;
  for (const NamedOutput& output : result.outputs) {
    const ElementSummary summary = summarize(output.tensor);
    table.add({output.name, std::string(name_of(output.tensor.dtype())),
               to_string(output.tensor.shape()), concat(summary.least), concat(summary.greatest),
               concat(summary.mean)});
    if (summary.not_finite > 0)
      rankings += concat("\n", output.name, ": ", summary.not_finite, " of ", output.tensor.size(),
                         " elements are not finite numbers\n");
    if (result.top > 0) rankings += "\n" + ranking_text(result, output.tensor);
  }
  return table.to_text(false) + rankings + device_text(result);
}

Json ranking_json(const RunResult& result, const Tensor& tensor) {
  Json rows = Json::array();
  for (const auto& row : top_k(tensor, result.top)) {
    Json entries = Json::array();
    for (const Ranked& entry : row) {
      Json json = {{"class", entry.index}, {"score", entry.score}};
      if (!result.labels.empty()) json["label"] = label_of(result, entry.index);
      entries.push_back(std::move(json));
    }
    rows.push_back(std::move(entries));
  }
  return rows;
}

Json as_json(const RunResult& result) {
  Json outputs = Json::array();
  for (const NamedOutput& output : result.outputs) {
    const ElementSummary summary = summarize(output.tensor);
    Json json = {{"name", output.name},
                 {"dtype", name_of(output.tensor.dtype())},
                 {"shape", output.tensor.shape()},
                 {"min", summary.least},
                 {"max", summary.greatest},
                 {"mean", summary.mean},
                 {"not_finite", summary.not_finite}};
    if (result.top > 0) json["top"] = ranking_json(result, output.tensor);
    outputs.push_back(std::move(json));
  }
  Json json = {{"model", result.model}, {"outputs", outputs}};
  if (result.program) {
    json["threads"] = result.program->threads;
    json["isa"] = result.program->isa;
    json["device"] = result.program->device;
    json["fallback_nodes"] = result.program->fallback_nodes;
    json["nodes"] = result.program->nodes;
    json["reference_nodes"] = result.program->reference_nodes;
  }
  return json;
}

void declare_inputs(CLI::App& command, InputArguments& arguments) {
  command
      .add_option("-i,--input", arguments.files,
                  "A file for an input: .npy, .npz (whose arrays are named like inputs), JPEG or "
                  "PNG; repeat for several inputs")
      ->type_name("[NAME=]FILE");
  command
      .add_option("--random-input", arguments.random_seed,
                  "Draw the inputs that are not given, normally distributed")
      ->type_name("SEED");
  command
      .add_option("--shape", arguments.shapes,
                  "Shape of a random input: 8x3x224x224 or name:8x3x224x224 (default: batch 1)")
      ->type_name("SHAPE");
}

void declare_images(CLI::App& command, InputArguments& arguments) {
  const char* group = "Images";
  command
      .add_option("--resize", arguments.resize,
                  "Scale the shorter side to this, 0 for not at all (default: 256 for an input of "
                  "224, and so in proportion)")
      ->type_name("PIXELS")
      ->check(CLI::Range(0, 32768))
      ->group(group);
  command
      .add_option("--crop", arguments.crop,
                  "Then cut this square out of the middle (default: the input's height and width, "
                  "224 if they are open)")
      ->type_name("PIXELS")
      ->check(CLI::Range(1, 32768))
      ->group(group);
  command
      .add_option("--mean", arguments.mean,
                  "Subtracted from pixels between 0 and 1, one per channel (default: ImageNet's "
                  "0.485,0.456,0.406)")
      ->delimiter(',')
      ->type_name("R,G,B")
      ->group(group);
  command
      .add_option("--std", arguments.deviation,
                  "Then divided by, one per channel (default: ImageNet's 0.229,0.224,0.225)")
      ->delimiter(',')
      ->check(CLI::PositiveNumber)
      ->type_name("R,G,B")
      ->group(group);
  command
      .add_option("--layout", arguments.layout,
                  "nchw or nhwc (default: where the input's shape has 1 or 3)")
      ->check(CLI::IsMember({"nchw", "nhwc"}))
      ->type_name("LAYOUT")
      ->group(group);
  command.add_option("--channel-order", arguments.channel_order, "rgb or bgr (default: rgb)")
      ->check(CLI::IsMember({"rgb", "bgr"}))
      ->type_name("ORDER")
      ->group(group);
}

void declare_results(CLI::App& command, RunArguments& arguments) {
  command
      .add_option("-o,--output", arguments.output,
                  "Write the outputs: .npy for one, .npz for any number")
      ->type_name("FILE");
  command
      .add_option("--topk", arguments.top,
                  "Show the K largest elements of every row (default: 5 for images)")
      ->check(CLI::Range(0, 1'000'000))
      ->type_name("K");
  command.add_option("--labels", arguments.labels, "Names of the classes, one per line")
      ->type_name("FILE");
  command
      .add_option("--threads", arguments.options.threads,
                  "Threads to use (default: what affinity and CPU quota allow)")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
  add_algorithm_options(command, arguments.options);
  add_device_options(command, arguments.options);
  command.add_option("--seed", arguments.seed, "Seed of a built-in model's weights (default: 0)")
      ->type_name("N");
  add_weights_option(command, arguments.weights);
  command
      .add_flag("--reference", arguments.reference,
                "Compute with the strict reference kernels: slow, and what 'right' means")
      ->excludes("--device");
  command.add_flag("--json", arguments.json, "Machine-readable");
}

void run(const RunArguments& arguments) {
  const RunResult result = run_model(arguments);
  if (!arguments.output.empty()) write_outputs(arguments.output, result.outputs);
  arguments.json ? print_json(as_json(result)) : print(as_text(result));
}

}  // namespace

void add_run_command(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand("run", "Run a model on arrays or pictures");
  const auto arguments = std::make_shared<RunArguments>();
  command->add_option("MODEL", arguments->model, kModelHelp)->required()->type_name("");
  declare_inputs(*command, arguments->inputs);
  declare_results(*command, *arguments);
  declare_images(*command, arguments->inputs);
  command->footer(
      "Examples:\n"
      "  headway run model.onnx --input x.npy --output y.npy\n"
      "  headway run model.onnx --input ids=ids.npy --input mask=mask.npy --output y.npz\n"
      "  headway run resnet50.onnx --input cat.jpg --topk 3 --labels imagenet.txt\n"
      "  headway run resnet50 --weights resnet50.pth --input cat.jpg\n"
      "  headway run resnet50 --input cat.jpg --device gpu\n"
      "  headway run resnet50 --random-input 1 --shape 8x3x224x224 --json");
  command->callback([arguments, &status] {
    run(*arguments);
    status = kSuccess;
  });
}

}  // namespace headway
