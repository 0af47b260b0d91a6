#include "run_inputs.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "bench/inputs.h"
#include "image.h"
#include "input_shapes.h"
#include "tensor/npy.h"

namespace headway {
namespace {

namespace fs = std::filesystem;

/// Height and width that an image must get, and where the channels are.
struct ImageTarget {
  bool channels_last = false;
  std::int64_t channels = 3;
  std::int64_t height = 224, width = 224;
};

bool could_be_channels(std::int64_t extent) {
  return extent == 1 || extent == 3;
}

ImageTarget image_target(const ValueInfo& input, const InputArguments& arguments,
                         const std::string& file) {
  const Shape& shape = input.shape;
  if (shape.size() != 4)
    fail(ErrorCode::kInvalidArgument, "'", file, "' is an image, but input '", input.name, "' is ",
         described(input), " and not a batch of images");
  ImageTarget target;
  target.channels_last = arguments.layout.empty()
                             ? !could_be_channels(shape[1]) && could_be_channels(shape[3])
                             : arguments.layout == "nhwc";
  const std::size_t first = target.channels_last ? 1 : 2;
  const std::int64_t channels = shape[target.channels_last ? 3 : 1];
  if (channels >= 0 && !could_be_channels(channels))
    fail(ErrorCode::kInvalidArgument, "input '", input.name, "' is ", described(input),
         ": images have 1 or 3 channels, not ", channels, " (is --layout right?)");
  if (channels >= 0) target.channels = channels;
  if (shape[first] >= 0) target.height = shape[first];
  if (shape[first + 1] >= 0) target.width = shape[first + 1];
  return target;
}

Tensor read_image_input(const std::string& file, const ValueInfo& input,
                        const InputArguments& arguments) {
  const ImageTarget target = image_target(input, arguments, file);
  const std::int64_t height = arguments.crop.value_or(target.height);
  const std::int64_t width = arguments.crop.value_or(target.width);
  // ImageNet's custom: the shorter side becomes 256 before 224 pixels are cut out of the middle.
  const std::int64_t shorter = arguments.resize.value_or(std::max(height, width) * 256 / 224);
  Image image = read_image(file, target.channels);
  if (shorter > 0) image = resize_shorter_side(image, shorter);
  const PixelOptions pixels = {arguments.mean, arguments.deviation, target.channels_last,
                               arguments.channel_order == "bgr"};
  return to_tensor(crop_center(image, height, width), input.dtype, pixels);
}

/// What one --input option names: `name` is empty if it names no input.
struct InputOption {
  std::string name;
  std::string file;
};

InputOption parse_input_option(const std::string& text, const std::vector<ValueInfo>& inputs) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return {"", text};
  const std::string name = text.substr(0, equals);
  if (std::ranges::find(inputs, name, &ValueInfo::name) != inputs.end())
    return {name, text.substr(equals + 1)};
  std::error_code ignored;
  if (fs::exists(text, ignored)) return {"", text};
  fail(ErrorCode::kInvalidArgument, "--input: the model has no input '", name, "'; its inputs are ",
       names_of(inputs));
}

class Collector {
 public:
  Collector(const std::vector<ValueInfo>& inputs, const InputArguments& arguments)
      : inputs_(inputs), arguments_(arguments) {
    collected_.tensors.resize(inputs.size());
  }

  CollectedInputs collect() {
    std::vector<InputOption> unnamed;
    for (const std::string& text : arguments_.files) {
      InputOption option = parse_input_option(text, inputs_);
      if (option.name.empty() && fs::path(option.file).extension() != ".npz") {
        unnamed.push_back(std::move(option));
      } else {
        add_named(option);
      }
    }
    for (const InputOption& option : unnamed) add(next_free(option.file), option.file);
    fill_at_random();
    return std::move(collected_);
  }

 private:
  void add_named(const InputOption& option) {
    if (!option.name.empty()) {
      add(index_of(option.name, option.file), option.file);
      return;
    }
    for (auto& [name, tensor] : read_npz(option.file))
      put(index_of(name, option.file), std::move(tensor), option.file);
  }

  void add(std::size_t index, const std::string& file) {
    const fs::path extension = fs::path(file).extension();
    if (extension == ".npz")
      fail(ErrorCode::kInvalidArgument, "--input: '", file,
           "' names its arrays itself; give it without '", inputs_[index].name, "='");
    if (is_image(file)) {
      put(index, read_image_input(file, inputs_[index], arguments_), file);
      collected_.from_image = true;
      return;
    }
    if (extension != ".npy" && fs::exists(file))
      fail(ErrorCode::kInvalidArgument, "--input: '", file,
           "' is neither .npy, .npz, JPEG nor PNG");
    put(index, read_npy(file), file);
  }

  void put(std::size_t index, Tensor tensor, const std::string& file) {
    const ValueInfo& input = inputs_[index];
    if (collected_.tensors[index].defined())
      fail(ErrorCode::kInvalidArgument, "--input: input '", input.name, "' is given twice");
    if (tensor.dtype() != input.dtype || !headway::fits(input, tensor.shape()))
      fail(ErrorCode::kInvalidArgument, "'", file, "' holds ", name_of(tensor.dtype()),
           " of shape ", to_string(tensor.shape()), ", but input '", input.name, "' is ",
           described(input));
    collected_.tensors[index] = std::move(tensor);
  }

  std::size_t index_of(const std::string& name, const std::string& file) const {
    const auto input = std::ranges::find(inputs_, name, &ValueInfo::name);
    if (input == inputs_.end())
      fail(ErrorCode::kInvalidArgument, "'", file, "' holds an array '", name,
           "', which is no input of the model; its inputs are ", names_of(inputs_));
    return static_cast<std::size_t>(input - inputs_.begin());
  }

  std::size_t next_free(const std::string& file) const {
    const auto free = std::ranges::find_if(collected_.tensors,
                                           [](const Tensor& tensor) { return !tensor.defined(); });
    if (free == collected_.tensors.end())
      fail(ErrorCode::kInvalidArgument, "--input '", file,
           "' is one too many: the model's inputs are ", names_of(inputs_));
    return static_cast<std::size_t>(free - collected_.tensors.begin());
  }

  void fill_at_random() {
    std::vector<bench::InputSpec> specs;
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (!collected_.tensors[i].defined()) missing.push_back(i);
    if (missing.empty()) return;
    const ValueInfo& first = inputs_[missing[0]];
    if (first.container != Container::kNone)
      fail(ErrorCode::kUnsupported, "input '", first.name, "' is ", described(first),
           ", which files of arrays cannot give; run the model through the library's ",
           "Session::evaluate");
    if (!arguments_.random_seed)
      fail(ErrorCode::kInvalidArgument, "input '", first.name, "' (", described(first),
           ") is missing; give --input ", first.name, "=FILE, or --random-input SEED");
    const auto shapes = resolve_input_shapes(inputs_, arguments_.shapes);
    for (const std::size_t i : missing)
      specs.push_back({inputs_[i].name, inputs_[i].dtype, shapes[i]});
    auto drawn = bench::make_inputs(specs, 1, *arguments_.random_seed).front();
    for (std::size_t i = 0; i < missing.size(); ++i)
      collected_.tensors[missing[i]] = std::move(drawn[i].tensor);
  }

  const std::vector<ValueInfo>& inputs_;
  const InputArguments& arguments_;
  CollectedInputs collected_;
};

}  // namespace

std::vector<std::string> stated_shapes(const InputArguments& arguments) {
  if (!arguments.shapes.empty()) return arguments.shapes;
  std::vector<std::string> shapes;
  for (const std::string& text : arguments.files) {
    const std::size_t equals = text.find('=');
    const std::string file = equals == std::string::npos ? text : text.substr(equals + 1);
    std::error_code ignored;
    if (fs::path(file).extension() != ".npy" || !fs::exists(file, ignored)) return {};
    const Shape shape = read_npy(fs::path(file)).shape();
    if (shape.empty() || num_elements(shape) == 0) return {};
    shapes.push_back(equals == std::string::npos ? to_string(shape)
                                                 : text.substr(0, equals) + ":" + to_string(shape));
  }
  return shapes;
}

CollectedInputs collect_inputs(const std::vector<ValueInfo>& inputs,
                               const InputArguments& arguments) {
  return Collector(inputs, arguments).collect();
}

}  // namespace headway
