#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <tuple>

#include "base/error.h"
#include "base/mapped_file.h"
#include "bench/table.h"
#include "bench/units.h"
#include "commands.h"
#include "cost.h"
#include "exit_status.h"
#include "formats/format.h"
#include "formats/hwy/hwy.h"
#include "formats/onnx/contrib/contrib.h"
#include "formats/onnx/metadata.h"
#include "graph/text.h"
#include "input_shapes.h"
#include "model_spec.h"
#include "ops/cost.h"
#include "ops/fused.h"
#include "ops/operator.h"
#include "output.h"

namespace headway {
namespace {

using bench::Table;
using Json = nlohmann::ordered_json;

struct InspectArguments {
  std::string model;
  std::vector<std::string> shapes;
  bool nodes = false;
  bool text = false;
  bool operators = false;
  bool json = false;
  bool markdown = false;
};

/// A model's graph with concrete shapes where they are known, and what it costs.
struct Inspection {
  Model model;
  std::optional<OnnxMetadata> onnx;
  std::optional<PackingTarget> compiled;
  FileKind kind = FileKind::kUnknown;  ///< Of a file that is not compiled.
  Graph graph;                         ///< Types are static if `cost` is there.
  std::vector<Shape> input_shapes;     ///< Empty if `cost` is not there.
  std::optional<Cost> cost;
  std::string no_cost_because;
  std::map<std::string, int> operators;  ///< Type to number of nodes.
  std::int64_t parameters = 0;
};

Inspection inspect(const InspectArguments& arguments) {
  Inspection found{load_model(arguments.model, 0, {}, arguments.shapes),
                   {},
                   {},
                   FileKind::kUnknown,
                   Graph(),
                   {},
                   {},
                   {},
                   {},
                   0};
  if (found.model.is_compiled()) {
    found.compiled = read_hwy(std::filesystem::path(arguments.model)).target;
  } else if (!is_builtin(arguments.model)) {
    found.kind = detect_kind(MappedFile::open(arguments.model)->bytes());
    if (found.kind == FileKind::kOnnx) found.onnx = read_onnx_metadata(arguments.model);
  }
  found.graph = found.model.graph().clone();
  found.parameters = parameters_of(arguments.model, found.graph);
  for (const Node* node : found.graph.nodes()) ++found.operators[node->op_type()];
  try {
    auto shapes = resolve_input_shapes(found.model.inputs(), arguments.shapes);
    infer_types(found.graph, shapes);
    found.cost = cost_of(found.graph);
    found.input_shapes = std::move(shapes);
  } catch (const Error& error) {
    if (!arguments.shapes.empty()) throw;
    found.no_cost_because = error.what();
  }
  return found;
}

std::string shapes_text(const Inspection& found) {
  std::string text;
  for (const Shape& shape : found.input_shapes)
    text += concat(text.empty() ? "" : ", ", to_string(shape));
  return text;
}

std::string summary_text(const Inspection& found, const std::string& title) {
  std::string text = title + "\n";
  for (const ValueInfo& input : found.model.inputs())
    text += concat("  input   ", input.name, "  ", described(input), "\n");
  for (const ValueInfo& output : found.model.outputs())
    text += concat("  output  ", output.name, "  ", described(output), "\n");
  text += "\n";
  if (found.kind == FileKind::kTorchScript) text += "  format            TorchScript\n";
  if (found.kind == FileKind::kTorchExport) text += "  format            torch.export\n";
  if (found.onnx)
    text +=
        concat("  format            ONNX, opset ", found.onnx->opset,
               found.onnx->producer.empty() ? "" : ", written by " + found.onnx->producer, "\n");
  if (found.compiled)
    text +=
        concat("  format            compiled for ", found.compiled->isa, ", ",
               found.compiled->threads, found.compiled->threads == 1 ? " thread\n" : " threads\n");
  text +=
      concat("  nodes             ", grouped(static_cast<std::int64_t>(found.graph.node_count())),
             "\n  parameters        ", grouped(found.parameters), "\n  weights           ",
             bench::format_bytes(static_cast<double>(constant_bytes(found.graph))), "\n");
  if (!found.cost)
    return text + concat("  costs             unknown: ", found.no_cost_because, "\n");
  return text + concat("  multiply-adds     ",
                       bench::format_count(static_cast<double>(found.cost->multiply_adds)), "  at ",
                       shapes_text(found), "\n  peak activations  ",
                       bench::format_bytes(static_cast<double>(found.cost->peak_activation_bytes)),
                       "  before fusion\n");
}

std::string operator_table(const Inspection& found) {
  Table table({{"operator", true}, {"nodes"}, {"multiply-adds"}, {"share"}});
  for (const auto& [type, count] : found.operators) {
    std::string work, share;
    if (found.cost && found.cost->multiply_adds_by_operator.contains(type)) {
      const auto part = static_cast<double>(found.cost->multiply_adds_by_operator.at(type));
      work = bench::format_count(part);
      share = bench::format_percent(part / static_cast<double>(found.cost->multiply_adds));
    }
    const bool known = find_operator(type) || find_operator(type, kFusedDomain);
    table.add({known ? type : type + " (unknown)", std::to_string(count), work, share});
  }
  return table.to_text(false);
}

std::int64_t node_work(const Inspection& found, const Node& node) {
  return found.cost ? multiply_adds(node) : 0;
}

std::string node_table(const Inspection& found) {
  Table table({{"node", true}, {"operator", true}, {"output", true}, {"multiply-adds"}});
  for (const Node* node : found.graph.nodes()) {
    const std::int64_t work = node_work(found, *node);
    table.add({node->name(), node->op_type(),
               node->output() == nullptr ? "" : node->output()->type.to_string(),
               work == 0 ? "" : bench::format_count(static_cast<double>(work))});
  }
  return table.to_text(false);
}

Json to_json(const std::vector<ValueInfo>& values) {
  Json list = Json::array();
  for (const ValueInfo& value : values) {
    Json shape = Json::array();
    for (std::size_t axis = 0; axis < value.shape.size(); ++axis) {
      if (value.shape[axis] >= 0) {
        shape.push_back(value.shape[axis]);
      } else {
        shape.push_back(value.symbols[axis].empty() ? Json() : Json(value.symbols[axis]));
      }
    }
    list.push_back({{"name", value.name}, {"dtype", name_of(value.dtype)}, {"shape", shape}});
  }
  return list;
}

Json nodes_json(const Inspection& found) {
  Json list = Json::array();
  for (const Node* node : found.graph.nodes()) {
    Json inputs = Json::array(), outputs = Json::array();
    for (const Value* input : node->inputs())
      inputs.push_back(input == nullptr ? Json() : Json(input->name()));
    for (const Value* output : node->outputs())
      if (output != nullptr)
        outputs.push_back({{"name", output->name()}, {"type", output->type.to_string()}});
    list.push_back({{"name", node->name()},
                    {"operator", node->op_type()},
                    {"domain", node->domain()},
                    {"inputs", inputs},
                    {"outputs", outputs},
                    {"multiply_adds", node_work(found, *node)}});
  }
  return list;
}

Json to_json(const Inspection& found, bool with_nodes) {
  Json json = {{"name", found.model.name()},
               {"inputs", to_json(found.model.inputs())},
               {"outputs", to_json(found.model.outputs())},
               {"node_count", found.graph.node_count()},
               {"parameters", found.parameters},
               {"weight_bytes", constant_bytes(found.graph)},
               {"operators", found.operators}};
  if (found.kind == FileKind::kTorchScript) json["file"] = {{"format", "torchscript"}};
  if (found.kind == FileKind::kTorchExport) json["file"] = {{"format", "torch.export"}};
  if (found.onnx)
    json["file"] = {{"format", "onnx"},
                    {"opset", found.onnx->opset},
                    {"ir_version", found.onnx->ir_version},
                    {"producer", found.onnx->producer}};
  if (found.compiled)
    json["file"] = {{"format", "compiled"},
                    {"isa", found.compiled->isa},
                    {"vector_width", found.compiled->vector_width},
                    {"threads", found.compiled->threads}};
  if (found.cost) {
    json["input_shapes"] = found.input_shapes;
    json["multiply_adds"] = found.cost->multiply_adds;
    json["multiply_adds_by_operator"] = found.cost->multiply_adds_by_operator;
    json["peak_activation_bytes"] = found.cost->peak_activation_bytes;
  } else {
    json["costs_unknown_because"] = found.no_cost_because;
  }
  if (with_nodes) json["nodes"] = nodes_json(found);
  return json;
}

/// An operator that models may use.
struct KnownOperator {
  std::string domain, name, version, inputs, outputs;
};

std::string arity(int least, int most) {
  if (most == Operator::kVariadic) return concat(least, " or more");
  return least == most ? std::to_string(least) : concat(least, "-", most);
}

/// Those that have a kernel and those that are rewritten when a file is read.
std::vector<KnownOperator> known_operators() {
  std::vector<KnownOperator> known;
  for (const Operator& op : all_operators()) {
    if (op.domain == kFusedDomain) continue;
    known.push_back({std::string(op.domain), std::string(op.name), std::to_string(op.since_version),
                     arity(op.min_inputs, op.max_inputs), arity(op.min_outputs, op.max_outputs)});
  }
  for (const onnx::ContribOperator& op : onnx::contrib_operators())
    known.push_back({std::string(op.domain), std::string(op.name), "1", "", ""});
  std::ranges::stable_sort(known, [](const KnownOperator& a, const KnownOperator& b) {
    return std::tie(a.domain, a.name) < std::tie(b.domain, b.name);
  });
  return known;
}

constexpr const char* kOperatorsPage =
    R"(# Operators

What `headway inspect --operators` prints; this page is made by `headway inspect --operators --markdown`, and a
test holds it to the program.

An operator of the default domain (`ai.onnx`) is known in every version up to the opset named: models of older
opsets are rewritten as they are read. Those of `com.microsoft`, which ONNX Runtime's exporters and optimizers
write, are understood as ONNX Runtime computes them; where no inputs are given here, standard operators take their
place when the file is read.

One of them is computed more exactly than there: `DynamicQuantizeLSTM` has 8-bit weights, but neither its inputs nor
its states are rounded to 8 bits, as ONNX Runtime does in every step. Results differ by the error of that rounding.

)";

Table operators_table() {
  Table table({{"domain", true}, {"operator", true}, {"opset"}, {"inputs"}, {"outputs"}});
  for (const KnownOperator& op : known_operators()) {
    table.add(
        {op.domain.empty() ? "ai.onnx" : op.domain, op.name, op.version, op.inputs, op.outputs});
  }
  return table;
}

void list_operators(bool json, bool markdown) {
  if (markdown) return print(kOperatorsPage + operators_table().to_markdown());
  if (!json) return print(operators_table().to_text(false));
  Json list = Json::array();
  for (const KnownOperator& op : known_operators()) {
    list.push_back(
        {{"domain", op.domain}, {"name", op.name}, {"since_version", std::stoi(op.version)}});
  }
  print_json(list);
}

void run_inspect(const InspectArguments& arguments) {
  if (arguments.operators) {
    list_operators(arguments.json, arguments.markdown);
    return;
  }
  if (arguments.model.empty())
    fail(ErrorCode::kInvalidArgument, "inspect needs a MODEL, or --operators");
  if (arguments.text) {
    print(print_graph(load_model(arguments.model, 0, {}, arguments.shapes).graph()));
    return;
  }
  const Inspection found = inspect(arguments);
  if (arguments.json) {
    print_json(to_json(found, arguments.nodes));
  } else {
    print(summary_text(found, arguments.model) + "\n" +
          (arguments.nodes ? node_table(found) : operator_table(found)));
  }
}

}  // namespace

void add_inspect_command(CLI::App& app, int& status) {
  CLI::App* command =
      app.add_subcommand("inspect", "Show a model's inputs, outputs, operators and costs");
  const auto arguments = std::make_shared<InspectArguments>();
  command->add_option("MODEL", arguments->model, kModelHelp)->type_name("");
  command
      ->add_option("--shape", arguments->shapes,
                   "Extents to count costs with (default: batch 1): 8x3x224x224 or "
                   "name:8x3x224x224")
      ->type_name("SHAPE");
  command->add_flag("--nodes", arguments->nodes, "Every node instead of the operator summary");
  command->add_flag("--text", arguments->text, "The graph in text form (weights left out)");
  command->add_flag("--operators", arguments->operators, "The operators that Headway knows");
  command->add_flag("--json", arguments->json, "Machine-readable");
  command->add_flag("--markdown", arguments->markdown,
                    "With --operators: as the page docs/operators.md");
  command->footer(
      "Examples:\n"
      "  headway inspect resnet50\n"
      "  headway inspect model.onnx --nodes --shape 8x3x224x224\n"
      "  headway inspect model.onnx --json | jq .multiply_adds\n"
      "  headway inspect --operators");
  command->callback([arguments, &status] {
    run_inspect(*arguments);
    status = kSuccess;
  });
}

}  // namespace headway
