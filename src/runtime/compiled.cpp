#include "runtime/compiled.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/context.h"
#include "kernels/inner_loops.h"
#include "runtime/program_impl.h"

namespace headway {
namespace {

/// Constants up to this size are stored as they are even if they are packed as well: lowering may
/// look at them.
constexpr std::size_t kSmallBytes = 4096;

void require_static_inputs(const Graph& graph) {
  for (const Value* input : graph.inputs()) {
    if (input->type.static_shape()) continue;
    fail(ErrorCode::kInvalidArgument, "input '", input->name(), "' is ", input->type.to_string(),
         ", but a compiled file is for one set of shapes; say how large the input is");
  }
}

}  // namespace

void check_target(const CompiledFile& file, const CompileOptions& options) {
  const PackingTarget& target = file.model.target;
  const auto refuse = [&](const auto&... why) {
    fail(ErrorCode::kUnsupported, "'", file.path, "' ", why...);
  };
  if (options.reference) {
    refuse(
        "holds packed weights, which reference kernels cannot read; use the model that it was "
        "compiled from");
  }
  if (target.fused && !options.fuse) {
    refuse("holds a graph that has been fused; compile the model again without fusion");
  }
  if (target.winograd && !options.winograd) {
    refuse("may hold weights for Winograd's algorithms; compile the model again without them");
  }
  const Isa isa = choose_isa();
  if (target.isa != name_of(isa)) {
    refuse("was compiled for ", target.isa, ", but this is ", name_of(isa),
           "; compile the model again here, or set HEADWAY_ISA=", target.isa,
           " if this machine has that");
  }
  if (target.vector_width != static_cast<std::uint32_t>(inner_loops(isa).width)) {
    refuse("was compiled for vectors of ", target.vector_width, " floats, but here they have ",
           inner_loops(isa).width, "; compile the model again");
  }
}

void hand_over_weights(const CompiledModel& compiled, const Graph& graph, PackedWeights& weights) {
  const std::vector<Value*> constants = graph.constants();
  for (const PackedConstant& packed : compiled.packed) {
    weights.put(constants.at(packed.constant)->constant(), packed.layout, packed.elements);
  }
  for (const std::size_t constant : compiled.packed_only) {
    weights.set_absent(constants.at(constant)->constant());
  }
}

CompileOptions options_for(const CompiledModel& compiled, CompileOptions options) {
  options.fuse = compiled.target.fused;
  options.winograd = compiled.target.winograd;
  return options;
}

CompiledModel compile_for_file(Graph graph, const CompileOptions& options) {
  require_static_inputs(graph);
  const ProgramImpl program(graph.clone(), options, "", nullptr, true);
  const PackedWeights& weights = program.weights();
  CompiledModel compiled;
  const std::vector<Value*> constants = graph.constants();
  for (std::size_t i = 0; i < constants.size(); ++i) {
    const Tensor& constant = constants[i]->constant();
    auto layouts = weights.of(constant);
    if (!layouts.empty() && constant.byte_size() > kSmallBytes &&
        !weights.is_read_in_place(constant)) {
      compiled.packed_only.push_back(i);
    }
    for (auto& [layout, elements] : layouts) {
      compiled.packed.push_back({i, std::move(layout), std::move(elements)});
    }
  }
  compiled.target = {std::string(name_of(program.isa())),
                     static_cast<std::uint32_t>(inner_loops(program.isa()).width),
                     static_cast<std::uint32_t>(program.pool().threads()), options.fuse,
                     options.winograd};
  compiled.choices = program.choices();
  compiled.graph = std::move(graph);
  return compiled;
}

}  // namespace headway
