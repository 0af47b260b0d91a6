#include "formats/torchscript/read.h"

#include <algorithm>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/strings.h"
#include "formats/torch/archive.h"
#include "formats/torchscript/interface.h"
#include "formats/torchscript/reader/interpreter.h"
#include "formats/torchscript/reader/outputs.h"

namespace headway {
namespace {

using namespace script;

/// Every refinement says something new about one extent or type of an input.
constexpr int kMaxAttempts = 500;

bool is_tensor_type(const Parameter& parameter) {
  return !parameter.type || dotted_name(*parameter.type) == "Tensor";
}
bool is_tensor_list(const Parameter& parameter) {
  const Expr* type = parameter.type.get();
  return type != nullptr && type->kind == Expr::Kind::kSubscript && type->parts.size() == 2 &&
         dotted_name(*type->parts[0]) == "List" && dotted_name(*type->parts[1]) == "Tensor";
}

/// How many tensors a list of them gets: one, or as many as shapes are given for.
std::size_t list_length(const std::string& name, std::span<const InputShape> shapes) {
  std::size_t count = 0;
  for (const InputShape& shape : shapes)
    count += shape.name.empty() || shape.name.starts_with(name + ".") ? 1 : 0;
  return std::max<std::size_t>(count, 1);
}

/// Tensors, and lists of them: x and images.0, images.1. Optional inputs that nobody gives, and
/// options, keep their defaults.
std::vector<std::string> input_names(const Function& forward, std::span<const InputShape> shapes) {
  std::vector<std::string> names;
  for (std::size_t i = 1; i < forward.parameters.size(); ++i) {
    const Parameter& parameter = forward.parameters[i];
    if (is_tensor_type(parameter)) {
      names.push_back(parameter.name);
    } else if (is_tensor_list(parameter)) {
      for (std::size_t k = 0; k < list_length(parameter.name, shapes); ++k)
        names.push_back(concat(parameter.name, ".", k));
    } else if (!parameter.fallback) {
      fail(ErrorCode::kUnsupported, "its input ", quote(parameter.name), " is no tensor");
    }
  }
  return names;
}

/// The types that are known before the program runs.
std::vector<TensorType> given_types(const std::vector<std::string>& names,
                                    std::span<const InputShape> shapes, bool symbolic_batch) {
  std::vector<TensorType> types(names.size(), TensorType{DType::kFloat32, std::nullopt});
  std::size_t position = 0;
  std::optional<std::int64_t> batch;
  for (const InputShape& given : shapes) {
    const auto found = std::ranges::find(names, given.name);
    const std::size_t index =
        given.name.empty() ? position++ : static_cast<std::size_t>(found - names.begin());
    if (index >= names.size()) {
      std::string known;
      for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
      fail(ErrorCode::kInvalidArgument, "a shape is given for ",
           given.name.empty() ? concat("input ", index) : concat("'", given.name, "'"),
           ", but the inputs are ", known);
    }
    types[index].shape = to_symbolic(given.shape);
    if (given.shape.empty()) continue;
    if (!batch) batch = given.shape[0];
    if (symbolic_batch && batch == given.shape[0]) (*types[index].shape)[0] = Dim(std::string("N"));
  }
  return types;
}

Graph run_program(Program& program, const std::string& name, std::span<const std::string> names,
                  const std::vector<TensorType>& types) {
  TypedGraph graph(name);
  Interpreter interpreter(program, graph);
  const ObjectRef module = interpreter.module();
  const Function& forward = interpreter.method(module, "forward");
  KeywordArguments inputs;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::size_t dot = names[i].find('.');
    const std::string owner = names[i].substr(0, dot);
    IValue tensor = make_tensor(graph.input(names[i], types[i]));
    if (dot == std::string::npos) {
      inputs.emplace_back(owner, std::move(tensor));
      continue;
    }
    if (inputs.empty() || inputs.back().first != owner)
      inputs.emplace_back(owner, std::make_shared<ListData>());
    std::get<ListRef>(inputs.back().second)->items.push_back(std::move(tensor));
  }
  const IValue result = interpreter.run(forward, module, {}, std::move(inputs));
  Outputs outputs(graph);
  outputs.add(result, "");
  outputs.finish();
  return graph.take();
}

std::vector<std::string> inputs_of(Program& program, std::span<const InputShape> shapes) {
  TypedGraph graph("");
  Interpreter interpreter(program, graph);
  return input_names(interpreter.method(interpreter.module(), "forward"), shapes);
}

std::optional<torchscript::Interface> interface_of(const torch::Archive& archive,
                                                   std::size_t inputs) {
  if (!archive.has(torchscript::kInterfaceRecord)) return std::nullopt;
  auto interface = torchscript::parse_interface(archive.read(torchscript::kInterfaceRecord));
  return interface && interface->inputs.size() == inputs ? interface : std::nullopt;
}

/// Fills in what Headway wrote down itself.
void add_declared(const torchscript::Interface& interface, std::vector<TensorType>& types) {
  for (std::size_t i = 0; i < types.size(); ++i) {
    const TensorType& declared = interface.inputs[i].second;
    types[i].dtype = declared.dtype;
    const bool is_known = declared.shape && std::ranges::none_of(*declared.shape, &Dim::is_unknown);
    if (!types[i].shape && is_known) types[i].shape = declared.shape;
  }
}

Graph read_program(Program& program, const std::string& name, std::span<const InputShape> shapes,
                   const std::vector<std::string>& names,
                   const std::optional<torchscript::Interface>& interface) {
  bool symbolic_batch = true;
  std::vector<TensorType> types = given_types(names, shapes, symbolic_batch);
  if (interface) add_declared(*interface, types);
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    try {
      return run_program(program, name, names, types);
    } catch (const Refinement& refinement) {
      types.at(refinement.input) = refinement.type;
    } catch (const NeedsExtents& error) {
      if (shapes.empty() || !symbolic_batch)
        fail(ErrorCode::kUnsupported, error.what(),
             "; say what the inputs' shapes are (--shape 1x3x224x224, once per input)");
      symbolic_batch = false;
      types = given_types(names, shapes, symbolic_batch);
      if (interface) add_declared(*interface, types);
    }
  }
  fail(ErrorCode::kUnsupported, "what its inputs are cannot be told from its program");
}

Graph read_archive(torch::Archive& archive, const std::string& name,
                   std::span<const InputShape> shapes) {
  Program program(archive);
  const std::vector<std::string> names = inputs_of(program, shapes);
  const auto interface = interface_of(archive, names.size());
  Graph graph = read_program(program, name, shapes, names, interface);
  if (interface) torchscript::restore_names(graph, *interface);
  return graph;
}

}  // namespace

Graph read_torchscript(const std::filesystem::path& file,
                       std::span<const script::InputShape> shapes) {
  try {
    torch::Archive archive(MappedFile::open(file));
    return read_archive(archive, file.stem().string(), shapes);
  } catch (const Error& error) {
    const std::string what = error.what();
    if (what.find(file.string()) != std::string::npos) throw;
    fail(error.code(), "'", file.string(), "': ", what);
  }
}

}  // namespace headway
