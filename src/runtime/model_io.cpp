#include "headway/model.h"

#include "base/error.h"
#include "base/mapped_file.h"
#include "formats/format.h"
#include "formats/onnx/read.h"
#include "formats/onnx/write.h"
#include "formats/torch_export/read.h"
#include "formats/torchscript/read.h"
#include "formats/torchscript/write.h"
#include "formats/weights.h"
#include "models/assign_weights.h"
#include "models/models.h"
#include "ops/operator.h"
#include "runtime/compiled.h"

namespace headway {

namespace {

Graph typed(Graph graph, const std::filesystem::path& file) {
  try {
    infer_types(graph);
  } catch (const Error& error) {
    fail(error.code(), "'", file.string(), "': ", error.what());
  }
  return graph;
}

}  // namespace

Model Model::load(const std::filesystem::path& file, const std::vector<InputShape>& shapes) {
  const FileKind kind = detect_kind(MappedFile::open(file)->bytes());
  if (kind == FileKind::kOnnx) return {typed(read_onnx(file), file), file.string()};
  if (kind == FileKind::kTorchScript || kind == FileKind::kTorchExport) {
    std::vector<script::InputShape> given;
    for (const InputShape& input : shapes) given.push_back({input.name, input.shape});
    return {typed(kind == FileKind::kTorchScript ? read_torchscript(file, given)
                                                 : read_torch_export(file, given),
                  file),
            file.string()};
  }
  if (kind == FileKind::kCompiled) {
    auto compiled = std::make_shared<CompiledFile>(CompiledFile{file.string(), read_hwy(file)});
    Graph graph = typed(std::move(compiled->model.graph), file);
    return {std::move(graph), std::move(compiled)};
  }
  fail(ErrorCode::kUnsupported, "cannot load '", file.string(), "': it is ", description_of(kind));
}

Model Model::builtin_with_weights(const std::string& name, const std::filesystem::path& weights,
                                  bool convert) {
  Graph graph = models::build_model(name);
  try {
    const std::string_view training_only = models::find_builtin(name).training_only;
    return Model(typed(
        models::assign_weights(std::move(graph), read_weights(weights), convert, training_only),
        weights));
  } catch (const Error& error) {
    const std::string what = error.what();
    if (what.find(weights.string()) != std::string::npos) throw;
    fail(error.code(), "'", weights.string(), "': ", what);
  }
}

void Model::save(const std::filesystem::path& file) const {
  if (compiled_) {
    fail(ErrorCode::kUnsupported, "cannot write '", file.string(), "': '", compiled_->path,
         "' holds packed weights only; use the model that it was compiled from");
  }
  const std::filesystem::path extension = file.extension();
  if (extension == ".onnx") {
    write_onnx(*graph_, file);
  } else if (extension == ".pt") {
    write_torchscript(*graph_, file);
  } else {
    fail(ErrorCode::kUnsupported, "cannot save '", file.string(), "': ",
         extension == ".hwy" ? "a compiled file is written by 'headway compile' (save_compiled)"
                             : "the name must end in .onnx or .pt");
  }
}

}  // namespace headway
