#include "headway/model.h"

#include "headway/session.h"

#include "base/error.h"
#include "models/models.h"
#include "ops/operator.h"
#include "passes/pipeline.h"
#include "runtime/compiled.h"
#include "runtime/named_errors.h"
#include "runtime/program_impl.h"
#include "runtime/value_info.h"

namespace headway {

Model Model::builtin(const std::string& name, std::uint64_t seed) {
  return Model(models::build_model(name, {.seed = seed}));
}

std::vector<std::string> Model::builtin_models() {
  std::vector<std::string> names;
  for (const models::BuiltinModel& model : models::builtin_models()) names.emplace_back(model.name);
  return names;
}

Model::Model(Graph graph) : Model(std::move(graph), std::string()) {}

Model::Model(Graph graph, std::string file)
    : graph_(std::make_shared<Graph>(std::move(graph))), file_(std::move(file)) {}

Model::Model(Graph graph, std::shared_ptr<const CompiledFile> compiled)
    : graph_(std::make_shared<Graph>(std::move(graph))), compiled_(std::move(compiled)) {}

const std::string& Model::name() const noexcept {
  return graph_->name();
}
std::vector<ValueInfo> Model::inputs() const {
  return describe_values(graph_->inputs());
}
std::vector<ValueInfo> Model::outputs() const {
  return describe_values(graph_->outputs());
}

namespace {

/// The graph as lowering takes it.
Graph prepare(Graph graph, const CompileOptions& options) {
  infer_types(graph, options.input_shapes);
  graph.erase_dead();
  if (options.fuse && !options.reference) optimize(graph);
  return graph;
}

std::shared_ptr<const ProgramImpl> make_program(Graph graph, const std::string& file,
                                                const CompileOptions& options) {
  return naming_file(file, [&] {
    return std::make_shared<const ProgramImpl>(prepare(std::move(graph), options), options, file);
  });
}

std::shared_ptr<const ProgramImpl> make_program(Graph graph, const CompiledFile& file,
                                                const CompileOptions& options) {
  check_target(file, options);
  try {
    if (!options.input_shapes.empty()) infer_types(graph, options.input_shapes);
    return std::make_shared<const ProgramImpl>(std::move(graph), options_for(file.model, options),
                                               file.path, &file.model);
  } catch (const Error& error) {
    fail(error.code(), "'", file.path, "': ", error.what());
  }
}

}  // namespace

Program Model::compile(const CompileOptions& options) const& {
  Model copy = *this;
  copy.graph_ = std::make_shared<Graph>(graph_->clone());
  return std::move(copy).compile(options);
}

Program Model::compile(const CompileOptions& options) && {
  Graph graph = graph_.use_count() == 1 ? std::move(*graph_) : graph_->clone();
  graph_.reset();
  if (compiled_) return Program(make_program(std::move(graph), *compiled_, options));
  return Program(make_program(std::move(graph), file_, options));
}

void Model::save_compiled(const std::filesystem::path& file, const CompileOptions& options) const {
  if (compiled_) {
    fail(ErrorCode::kUnsupported, "'", compiled_->path,
         "' is compiled already; compile the model that it was made from");
  }
  if (options.reference) {
    fail(ErrorCode::kInvalidArgument, "cannot write '", file.string(),
         "': reference kernels have no packed weights to store");
  }
  write_hwy(compile_for_file(prepare(graph_->clone(), options), options), file);
}

}  // namespace headway
