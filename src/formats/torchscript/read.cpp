#include "formats/torchscript/read.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/strings.h"
#include "formats/torch/archive.h"
#include "formats/torchscript/reader/interpreter.h"

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

/// Marks the tensors in a result as outputs, under names that say where they are in it.
class Outputs {
 public:
  explicit Outputs(TypedGraph& graph) : graph_(graph) {}

  void add(const IValue& value, const std::string& name) {
    constexpr std::size_t kMaxOutputs = 10'000, kMaxName = 1000;
    if (count_ > kMaxOutputs || name.size() > kMaxName)
      fail(ErrorCode::kUnsupported, "what it returns is nested too deeply");
    if (const auto* cell = std::get_if<TensorRef>(&value)) return add_tensor(read(*cell), name);
    if (const auto* tuple = std::get_if<TupleRef>(&value)) {
      for (std::size_t i = 0; i < (*tuple)->items.size(); ++i)
        add((*tuple)->items[i], (*tuple)->type != nullptr && i < (*tuple)->type->fields.size()
                                    ? part(name, (*tuple)->type->fields[i])
                                    : part(name, std::to_string(i)));
    } else if (const auto* list = std::get_if<ListRef>(&value)) {
      if ((*list)->stacked != nullptr) add_tensor((*list)->stacked, name);
      for (std::size_t i = 0; i < (*list)->items.size(); ++i)
        add((*list)->items[i], part(name, std::to_string(i)));
    } else if (const auto* dict = std::get_if<DictRef>(&value)) {
      for (const auto& [key, item] : (*dict)->items) {
        const auto* text = std::get_if<std::string>(&key);
        add(item, part(name, text != nullptr ? *text : std::to_string(count_)));
      }
    } else if (const auto* symbolic = std::get_if<SymInt>(&value)) {
      add_tensor(symbolic->value, name);
    }
    // Numbers and None are known already.
  }

  void finish() {
    if (names_.empty()) fail(ErrorCode::kUnsupported, "its program returns no tensor");
    Graph& graph = graph_.graph();
    graph.erase_dead();
    for (const auto& [value, name] : names_)
      if (graph.find(name) == nullptr) graph.rename(value, name);
  }

 private:
  static std::string part(const std::string& name, const std::string& field) {
    return name.empty() ? field : name + "." + field;
  }

  void add_tensor(Value* value, const std::string& name) {
    const bool is_computed = value->producer() != nullptr && taken_.insert(value).second;
    Value* output = is_computed ? value : graph_.graph().add_node("Identity", {value})->output();
    output->type = value->type;
    graph_.graph().add_output(output);
    const bool is_number = name.find_first_not_of("0123456789") == std::string::npos;
    names_.emplace_back(output, name.empty() ? "output" : is_number ? "output_" + name : name);
    ++count_;
  }

  TypedGraph& graph_;
  std::set<const Value*> taken_;
  std::vector<std::pair<Value*, std::string>> names_;
  std::size_t count_ = 0;
};

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

Graph read_archive(torch::Archive& archive, const std::string& name,
                   std::span<const InputShape> shapes) {
  Program program(archive);
  const std::vector<std::string> names = inputs_of(program, shapes);
  bool symbolic_batch = true;
  std::vector<TensorType> types = given_types(names, shapes, symbolic_batch);
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
    }
  }
  fail(ErrorCode::kUnsupported, "what its inputs are cannot be told from its program");
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
