#include "headway/model.h"

#include "headway/session.h"

#include "base/error.h"
#include "models/models.h"
#include "ops/operator.h"
#include "passes/pipeline.h"
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

Model::Model(Graph graph) : graph_(std::make_shared<Graph>(std::move(graph))) {}

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

std::shared_ptr<const ProgramImpl> prepare(Graph graph, const CompileOptions& options) {
  infer_types(graph, options.input_shapes);
  graph.erase_dead();
  if (options.fuse && !options.reference) optimize(graph);
  return std::make_shared<const ProgramImpl>(std::move(graph), options);
}

}  // namespace

Program Model::compile(const CompileOptions& options) const& {
  return Program(prepare(graph_->clone(), options));
}

Program Model::compile(const CompileOptions& options) && {
  Graph graph = graph_.use_count() == 1 ? std::move(*graph_) : graph_->clone();
  graph_.reset();
  return Program(prepare(std::move(graph), options));
}

}  // namespace headway
