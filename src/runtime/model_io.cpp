#include "headway/model.h"

#include "base/error.h"
#include "base/mapped_file.h"
#include "formats/format.h"
#include "formats/onnx/read.h"
#include "formats/onnx/write.h"
#include "formats/torchscript/write.h"
#include "ops/operator.h"

namespace headway {

Model Model::load(const std::filesystem::path& file) {
  const FileKind kind = detect_kind(MappedFile::open(file)->bytes());
  if (kind != FileKind::kOnnx) {
    fail(ErrorCode::kUnsupported, "cannot load '", file.string(), "': it is ",
         description_of(kind));
  }
  Graph graph = read_onnx(file);
  try {
    infer_types(graph);
  } catch (const Error& error) {
    fail(error.code(), "'", file.string(), "': ", error.what());
  }
  return Model(std::move(graph));
}

void Model::save(const std::filesystem::path& file) const {
  const std::filesystem::path extension = file.extension();
  if (extension == ".onnx") {
    write_onnx(*graph_, file);
  } else if (extension == ".pt") {
    write_torchscript(*graph_, file);
  } else {
    fail(ErrorCode::kUnsupported, "cannot save '", file.string(),
         "': the name must end in .onnx or .pt");
  }
}

}  // namespace headway
