#include "formats/torch_export/read.h"

#include <algorithm>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/strings.h"
#include "formats/torch_export/container.h"
#include "formats/torch_export/pytree.h"
#include "formats/torch_export/runner.h"
#include "formats/torchscript/reader/outputs.h"

namespace headway {
namespace torch_export {
namespace {

using script::IValue;

/// How much of the given shapes is used: extents are kept open where nothing depends on them.
enum class Known { kProgram, kAllButBatch, kAll };

/// Where in `shapes` an input is: by its name, or its position if names are not given.
const Shape* given_shape(std::span<const script::InputShape> shapes, const std::string& name,
                         std::size_t position) {
  std::size_t unnamed = 0;
  for (const script::InputShape& given : shapes)
    if (given.name.empty() ? unnamed++ == position : given.name == name) return &given.shape;
  return nullptr;
}

void apply(const Shape& given, Known known, TensorType& type, const std::string& name) {
  if (given.size() != type.shape->size())
    fail(ErrorCode::kInvalidArgument, "the input ", quote(name), " has ", type.shape->size(),
         " dimensions, but a shape with ", given.size(), " is given");
  for (std::size_t axis = 0; axis < given.size(); ++axis)
    if (!(*type.shape)[axis].is_static() && (axis > 0 || known == Known::kAll))
      (*type.shape)[axis] = Dim(given[axis]);
}

/// One reading of a program.
class Reading {
 public:
  Reading(Container& container, const std::string& name, std::span<const script::InputShape> shapes,
          Known known)
      : container_(container),
        module_(member(container.program(), "graph_module")),
        program_graph_(member(module_, "graph")),
        signature_(member(module_, "signature")),
        shapes_(shapes),
        known_(known),
        graph_(name),
        recorder_(graph_),
        runner_(recorder_) {}

  Graph run() {
    for (const Json& input : array(member(signature_, "input_specs"))) add_input(input);
    runner_.run(program_graph_);
    std::vector<IValue> results;
    for (const Json& output : array(member(signature_, "output_specs"))) {
      const auto [kind, held] = variant(output);
      if (keep_output(kind, held)) results.push_back(runner_.argument(member(held, "arg")));
    }
    script::Outputs outputs(graph_);
    outputs.add(structured(std::move(results)), "");
    outputs.finish();
    return graph_.take();
  }

 private:
  void add_input(const Json& input) {
    const auto [kind, held] = variant(input);
    if (kind == "user_input") return add_user_input(member(held, "arg"));
    if (kind == "constant_input" || kind == "token") return;
    const bool is_constant = kind == "tensor_constant";
    const Json* name = find(held, kind == "parameter"         ? "parameter_name"
                                  : kind == "buffer"          ? "buffer_name"
                                  : kind == "tensor_constant" ? "tensor_constant_name"
                                                              : "");
    if (name == nullptr)
      fail(ErrorCode::kUnsupported, "its program has an input of kind ", quote(kind));
    const Json* persistent = find(held, "persistent");
    const bool is_state = !is_constant && (persistent == nullptr || flag(*persistent));
    Tensor tensor = is_state ? container_.weight(text(*name)) : container_.constant(text(*name));
    script::TensorRef cell = script::make_tensor(graph_.constant(std::move(tensor), text(*name)));
    cell->is_attribute = true;
    runner_.bind(text(member(member(held, "arg"), "name")), std::move(cell));
  }

  void add_user_input(const Json& argument) {
    const auto [kind, held] = variant(argument);
    if (kind == "as_tensor") {
      const std::string& name = text(member(held, "name"));
      TensorType type = type_of(member(member(program_graph_, "tensor_values"), name), name);
      const std::size_t position = graph_.graph().inputs().size();
      const Shape* given = given_shape(shapes_, name, position);
      if (given != nullptr && known_ != Known::kProgram) apply(*given, known_, type, name);
      return runner_.bind(name, script::make_tensor(graph_.input(name, std::move(type))));
    }
    const Json* name = held.is_object() ? find(held, "as_name") : nullptr;
    if (kind == "as_sym_int" && name != nullptr) {
      Value* number = graph_.input(text(*name), {DType::kInt64, SymbolicShape()});
      Value* one = graph_.add("Reshape", {number, graph_.ints({1})});
      return runner_.bind(text(*name), script::SymInt{one, {}});
    }
    // Numbers, texts and None are part of the program.
    if (kind == "as_custom_obj" || name != nullptr)
      fail(ErrorCode::kUnsupported, "its program has an input of kind ", quote(kind));
  }

  /// Writes to inputs concern the caller's tensors only, which Headway never changes.
  static bool keep_output(std::string_view kind, const Json& held) {
    if (kind == "user_output") return true;
    if (kind == "user_input_mutation" || kind == "token") return false;
    if (kind == "buffer_mutation")
      fail(ErrorCode::kUnsupported, "its program changes the buffer ",
           quote(text(member(held, "buffer_name"))),
           ", but Headway keeps no state from one run to the next; export the model in evaluation "
           "mode, or with the state as input and output");
    fail(ErrorCode::kUnsupported, "its program has an output of kind ", quote(kind),
         "; export a program for inference");
  }

  IValue structured(std::vector<IValue> results) {
    if (const Json* calls = find(module_, "module_call_graph")) {
      for (const Json& call : array(*calls)) {
        const Json* signature = find(call, "signature");
        if (signature != nullptr && text(member(call, "fqn")).empty())
          return unflattened(member(*signature, "out_spec"), std::move(results), module_);
      }
    }
    return std::make_shared<script::ListData>(script::ListData{std::move(results)});
  }

  Container& container_;
  const Json& module_;
  const Json& program_graph_;
  const Json& signature_;
  std::span<const script::InputShape> shapes_;
  Known known_;
  script::TypedGraph graph_;
  script::Recorder recorder_;
  Runner runner_;
};

void check_names(std::span<const script::InputShape> shapes, const Graph& graph) {
  for (const script::InputShape& given : shapes) {
    if (given.name.empty() || std::ranges::any_of(graph.inputs(), [&](const Value* input) {
          return input->name() == given.name;
        }))
      continue;
    std::string known;
    for (const Value* input : graph.inputs()) known += (known.empty() ? "" : ", ") + input->name();
    fail(ErrorCode::kInvalidArgument, "a shape is given for ", quote(given.name),
         ", but the inputs are ", known);
  }
}

Graph read_container(Container& container, const std::string& name,
                     std::span<const script::InputShape> shapes) {
  for (const Known known : {Known::kProgram, Known::kAllButBatch, Known::kAll}) {
    try {
      Graph graph = Reading(container, name, shapes, known).run();
      check_names(shapes, graph);
      return graph;
    } catch (const script::NeedsExtents& error) {
      if (shapes.empty() || known == Known::kAll)
        fail(ErrorCode::kUnsupported, error.what(),
             "; say what the inputs' shapes are (--shape 1x3x224x224, once per input)");
    }
  }
  fail(ErrorCode::kInternal, "no reading was tried");
}

/// Runs `read`; errors name the file.
template <typename Read>
Graph named(const std::string& source, Read read) {
  try {
    return read();
  } catch (const Error& error) {
    const std::string what = error.what();
    if (what.find(source) != std::string::npos) throw;
    fail(error.code(), "'", source, "': ", what);
  }
}

}  // namespace
}  // namespace torch_export

Graph read_torch_export(const std::filesystem::path& file,
                        std::span<const script::InputShape> shapes) {
  return torch_export::named(file.string(), [&] {
    torch_export::Container container(MappedFile::open(file));
    return torch_export::read_container(container, file.stem().string(), shapes);
  });
}

Graph read_torch_export(std::span<const std::byte> bytes, const std::string& source) {
  return torch_export::named(source, [&] {
    torch_export::Container container(bytes, source);
    return torch_export::read_container(container, source, {});
  });
}

}  // namespace headway
