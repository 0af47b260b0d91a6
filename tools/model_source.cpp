#include "model_source.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "bench/fake_model.h"
#include "cost.h"
#include "formats/format.h"
#include "input_shapes.h"
#include "model_spec.h"
#include "ops/index_limit.h"
#include "ops/operator.h"
#include "shape_option.h"

namespace headway {
namespace {

namespace fs = std::filesystem;

Model at_shapes(const Model& model, const std::vector<Shape>& shapes) {
  Graph graph = model.graph().clone();
  infer_types(graph, shapes);
  return Model(std::move(graph));
}

std::vector<bench::InputSpec> input_specs(const Model& model) {
  std::vector<bench::InputSpec> specs;
  for (const Value* input : model.graph().inputs())
    specs.push_back({input->name(), input->type.dtype, input->type.static_shape().value(),
                     index_limit(*input)});
  return specs;
}

/// A model that Headway can read, and so convert and check.
class EngineModel : public bench::ModelSource {
 public:
  explicit EngineModel(const ModelRequest& request)
      : EngineModel(request, load_model(request.spec, 0, request.weights, request.shapes)) {}

  bench::ModelFacts facts() const override {
    return {fs::path(spec_).stem().string(), cost_of(model_.graph()).multiply_adds,
            parameters_of(spec_, model_.graph()), weight_bytes(model_.graph())};
  }

  std::vector<bench::InputSpec> inputs() const override { return input_specs(model_); }

  /// A file of the wanted format goes to the workers as the user has it.
  fs::path path_for(bench::ModelFormat format) override {
    const auto extension = bench::extension_of(format);
    if (fs::path(spec_).extension() == extension) return fs::absolute(spec_);
    const fs::path file = folder_ / concat("model", extension);
    if (files_.contains(file)) return file;
    if (format == bench::ModelFormat::kCompiled) {
      model_.save_compiled(file, {.threads = threads_});
    } else {
      model_.save(file);
    }
    files_.insert(file);
    return file;
  }

  std::vector<bench::NamedTensor> reference(
      const std::vector<bench::NamedTensor>& inputs) override {
    for (const Answer& answer : answers_)
      if (std::ranges::equal(answer.inputs, inputs, same_elements)) return answer.outputs;
    answers_.push_back({inputs, compute_reference(inputs)});
    return answers_.back().outputs;
  }

 private:
  /// Kept because the races at several thread counts ask the same, and the reference is slow.
  struct Answer {
    std::vector<bench::NamedTensor> inputs, outputs;
  };

  static bool same_elements(const bench::NamedTensor& a, const bench::NamedTensor& b) {
    return a.tensor.dtype() == b.tensor.dtype() && a.tensor.shape() == b.tensor.shape() &&
           std::memcmp(a.tensor.raw(), b.tensor.raw(), a.tensor.byte_size()) == 0;
  }

  std::vector<bench::NamedTensor> compute_reference(
      const std::vector<bench::NamedTensor>& inputs) const {
    std::vector<Tensor> tensors;
    for (const bench::NamedTensor& input : inputs) tensors.push_back(input.tensor);
    const std::vector<ValueInfo> outputs = model_.outputs();
    std::vector<bench::NamedTensor> results;
    for (Tensor& tensor : run_reference(model_.graph(), tensors))
      results.push_back({outputs[results.size()].name, std::move(tensor)});
    return results;
  }

  EngineModel(const ModelRequest& request, const Model& model)
      : spec_(request.spec),
        folder_(request.folder),
        threads_(request.threads),
        model_(at_shapes(model, shapes_at_batch(model.inputs(), request.shapes, request.batch))) {}

  std::string spec_;
  fs::path folder_;
  int threads_;
  Model model_;
  std::set<fs::path> files_;  ///< Those written so far.
  std::vector<Answer> answers_;
};

/// A compiled file, which only Headway can read: no conversion, no reference.
class CompiledSource : public bench::ModelSource {
 public:
  explicit CompiledSource(const ModelRequest& request)
      : path_(fs::absolute(request.spec)), model_(load_model(request.spec)) {
    shapes_at_batch(model_.inputs(), request.shapes, request.batch);
  }

  bench::ModelFacts facts() const override {
    return {path_.stem().string(), cost_of(model_.graph()).multiply_adds,
            parameter_count(model_.graph()), weight_bytes(model_.graph())};
  }
  std::vector<bench::InputSpec> inputs() const override { return input_specs(model_); }

  fs::path path_for(bench::ModelFormat format) override {
    if (format == bench::ModelFormat::kNative || format == bench::ModelFormat::kCompiled)
      return path_;
    fail(ErrorCode::kUnsupported, "'", path_.filename().string(),
         "' is a compiled file, which only Headway can load; race the model that it was compiled "
         "from, and Headway's compiled row with it: --runtimes headway-compiled,…");
  }

  std::vector<bench::NamedTensor> reference(const std::vector<bench::NamedTensor>&) override {
    return {};
  }

 private:
  fs::path path_;
  Model model_;
};

/// A TorchScript file whose program Headway cannot turn into a graph, so that only libtorch runs
/// it: no conversion, no reference.
class TorchScriptFile : public bench::ModelSource {
 public:
  TorchScriptFile(const ModelRequest& request, std::string reason)
      : path_(fs::absolute(request.spec)), reason_(std::move(reason)) {
    for (const std::string& text : request.shapes) {
      ShapeOption option = parse_shape_option(text);
      inputs_.push_back({option.name.empty() ? concat("input", inputs_.size()) : option.name,
                         DType::kFloat32, std::move(option.shape)});
    }
    if (inputs_.empty())
      fail(ErrorCode::kInvalidArgument, "'", request.spec,
           "' is a TorchScript file, which does not say how large its inputs are; give --shape "
           "1x3x224x224, once per input");
    if (request.batch != 1)
      for (bench::InputSpec& input : inputs_) input.shape[0] = request.batch;
  }

  bench::ModelFacts facts() const override { return {path_.stem().string(), 0, 0}; }
  std::vector<bench::InputSpec> inputs() const override { return inputs_; }

  fs::path path_for(bench::ModelFormat format) override {
    if (format == bench::ModelFormat::kTorchScript) return path_;
    fail(ErrorCode::kUnsupported, reason_, "; only the PyTorch runtimes can run it");
  }

  std::vector<bench::NamedTensor> reference(const std::vector<bench::NamedTensor>&) override {
    return {};
  }

 private:
  fs::path path_;
  std::string reason_;  ///< Why Headway cannot read it.
  std::vector<bench::InputSpec> inputs_;
};

/// Of a file; nothing if there is none of that name.
std::optional<FileKind> kind_of(const std::string& spec) {
  std::error_code ignored;
  if (is_builtin(spec) || !fs::is_regular_file(spec, ignored) || fs::file_size(spec, ignored) == 0)
    return std::nullopt;
  return detect_kind(MappedFile::open(spec)->bytes());
}

}  // namespace

std::unique_ptr<bench::ModelSource> make_model_source(const ModelRequest& request) {
  if (request.spec == "fake") {
    Shape shape{request.batch, 10};
    for (const std::string& text : request.shapes) shape = parse_shape_option(text).shape;
    return std::make_unique<bench::FakeModel>(std::move(shape));
  }
  const std::optional<FileKind> kind = kind_of(request.spec);
  if (kind == FileKind::kTorchScript) {
    try {
      return std::make_unique<EngineModel>(request);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnsupported) throw;
      return std::make_unique<TorchScriptFile>(request, error.what());
    }
  }
  if (kind == FileKind::kCompiled) return std::make_unique<CompiledSource>(request);
  return std::make_unique<EngineModel>(request);
}

}  // namespace headway
