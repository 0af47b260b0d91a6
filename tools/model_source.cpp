#include "model_source.h"

#include "base/error.h"
#include "bench/fake_model.h"
#include "shape_option.h"

namespace headway {
namespace {

/// A file that is handed to the workers as it is.
class FileModel : public bench::ModelSource {
 public:
  explicit FileModel(const ModelRequest& request) : path_(request.spec) {
    if (!std::filesystem::exists(path_)) {
      fail(ErrorCode::kNotFound, "there is no model file or built-in model '", request.spec, "'");
    }
    for (const std::string& text : request.shapes) {
      const ShapeOption option = parse_shape_option(text);
      inputs_.push_back({option.name, DType::kFloat32, option.shape});
    }
    if (inputs_.empty()) {
      fail(ErrorCode::kInvalidArgument, "the input shapes of ", path_,
           " are not known; give them with --shape");
    }
  }

  bench::ModelFacts facts() const override { return {path_.filename(), 0, 0}; }
  std::vector<bench::InputSpec> inputs() const override { return inputs_; }

  std::filesystem::path path_for(bench::ModelFormat format) override {
    if (path_.extension() == bench::extension_of(format)) return std::filesystem::absolute(path_);
    fail(ErrorCode::kUnsupported, path_, " cannot be converted to ", bench::extension_of(format));
  }

  std::vector<bench::NamedTensor> reference(const std::vector<bench::NamedTensor>&) override {
    return {};
  }

 private:
  std::filesystem::path path_;
  std::vector<bench::InputSpec> inputs_;
};

}  // namespace

std::unique_ptr<bench::ModelSource> make_model_source(const ModelRequest& request) {
  if (request.spec != "fake") return std::make_unique<FileModel>(request);
  Shape shape{request.batch, 10};
  for (const std::string& text : request.shapes) shape = parse_shape_option(text).shape;
  return std::make_unique<bench::FakeModel>(std::move(shape));
}

}  // namespace headway
