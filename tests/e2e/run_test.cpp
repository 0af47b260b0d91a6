#include <cstdlib>
#include <limits>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

#include "command_line.h"
#include "small_models.h"
#include "tensor/npy.h"

namespace headway {
namespace {

class Run : public CommandLine {
 protected:
  Run() {
    save_linear_model(path("linear.onnx"));
    save_two_by_two_model(path("two.onnx"));
    save_image_model(path("image.onnx"));
    write_npy(path("x.npy"), Tensor::from<float>({2, 4}, {1, 0, 0, 0, 0, 0, 0, 1}));
    write_npy(path("a.npy"), Tensor::from<float>({1, 2}, {2, 3}));
    write_npy(path("b.npy"), Tensor::from<float>({1, 2}, {4, 5}));
  }

  /// A picture of one color, `width` pixels wide and twelve high.
  void write_png(const std::string& name, int width, unsigned char red, unsigned char green,
                 unsigned char blue) const {
    std::vector<unsigned char> pixels;
    for (int i = 0; i < width * 12; ++i) pixels.insert(pixels.end(), {red, green, blue});
    ASSERT_NE(stbi_write_png(path(name).c_str(), width, 12, 3, pixels.data(), 0), 0);
  }

  std::vector<float> floats(const std::string& name) const {
    const Tensor tensor = read_npy(path(name));
    const auto values = tensor.values<float>();
    return {values.begin(), values.end()};
  }
};

TEST_F(Run, ReadsAndWritesArrays) {
  const std::string out = succeed("run linear.onnx --input x.npy --output y.npy");
  EXPECT_NE(out.find("2x3"), std::string::npos) << out;
  const std::vector<float> y = floats("y.npy");
  ASSERT_EQ(y.size(), 6u);
  EXPECT_NEAR(y[0], 1.0f, 1e-6);
  EXPECT_NEAR(y[1], 2.4f, 1e-6);
  EXPECT_NEAR(y[5], 4.1f, 1e-6);
}

TEST_F(Run, TakesInputsByNameAndPosition) {
  succeed("run two.onnx --input b=b.npy --input a.npy --output y.npz");
  NamedTensors outputs = read_npz(path("y.npz"));
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_EQ(outputs[0].first, "sum");
  EXPECT_EQ(outputs[0].second.values<float>()[0], 6);
  EXPECT_EQ(outputs[1].second.values<float>()[1], 15);

  write_npz(path("in.npz"),
            NamedTensors{{"a", read_npy(path("a.npy"))}, {"b", read_npy(path("b.npy"))}});
  succeed("run two.onnx --input in.npz --output z.npz");
  EXPECT_EQ(read("z.npz"), read("y.npz"));
}

TEST_F(Run, ReportsAsJson) {
  const auto json = succeed_json("run linear.onnx --input x.npy --topk 2 --json --threads 1");
  const auto& output = json.at("outputs").at(0);
  EXPECT_EQ(output.at("name"), "y");
  EXPECT_EQ(output.at("dtype"), "float32");
  EXPECT_EQ(output.at("shape"), nlohmann::json({2, 3}));
  EXPECT_NEAR(output.at("max").get<double>(), 4.1, 1e-6);
  EXPECT_EQ(output.at("top").size(), 2u);
  EXPECT_EQ(output.at("top").at(0).at(0).at("class"), 2);
  EXPECT_EQ(json.at("threads"), 1);
}

TEST_F(Run, RanksWithLabels) {
  write("labels.txt", "cat\ndog\r\nhorse\n");
  const auto json = succeed_json("run linear.onnx --input x.npy --labels labels.txt --json");
  EXPECT_EQ(json["outputs"][0]["top"][0][0]["label"], "horse");
  EXPECT_EQ(json["outputs"][0]["top"][0][1]["label"], "dog");
}

TEST_F(Run, AgreesWithTheReference) {
  const std::string arguments = "run squeezenet1_1 --random-input 7 --output ";
  succeed(arguments + "fast.npy");
  succeed(arguments + "slow.npy --reference");
  const auto fast = floats("fast.npy"), slow = floats("slow.npy");
  ASSERT_EQ(fast.size(), 1000u);
  for (std::size_t i = 0; i < fast.size(); ++i) ASSERT_NEAR(fast[i], slow[i], 1e-3);
}

TEST_F(Run, SeedsDecideRandomInputs) {
  const std::string first = succeed("run linear.onnx --random-input 1 --shape 5x4");
  EXPECT_NE(first.find("5x3"), std::string::npos) << first;
  EXPECT_EQ(first, succeed("run linear.onnx --random-input 1 --shape x:5x4"));
  EXPECT_NE(first, succeed("run linear.onnx --random-input 2 --shape 5x4"));
}

TEST_F(Run, NormalizesPictures) {
  write_png("red.png", 20, 255, 0, 0);
  const auto means = [&](const std::string& flags) {
    succeed("run image.onnx --input red.png --output y.npy " + flags);
    return floats("y.npy");
  };
  const auto standard = means("");
  EXPECT_NEAR(standard[0], (1 - 0.485) / 0.229, 1e-4);
  EXPECT_NEAR(standard[1], (0 - 0.456) / 0.224, 1e-4);
  EXPECT_NEAR(standard[2], (0 - 0.406) / 0.225, 1e-4);
  const auto plain = means("--mean 0 --std 1 --channel-order bgr");
  EXPECT_NEAR(plain[0], 0, 1e-6);
  EXPECT_NEAR(plain[2], 1, 1e-6);
  EXPECT_NEAR(means("--resize 0 --mean 0 --std 0.5")[0], 2, 1e-6);
}

TEST_F(Run, RanksPicturesWithoutBeingAsked) {
  write_png("green.png", 12, 0, 255, 0);
  const auto json = succeed_json("run image.onnx --input green.png --json");
  EXPECT_EQ(json["outputs"][0]["top"][0][0]["class"], 1);
}

TEST_F(Run, CountsWhatIsNoNumber) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  write_npy(path("nan.npy"), Tensor::from<float>({1, 2}, {nan, 3}));
  const auto json = succeed_json("run two.onnx --input a=nan.npy --input b.npy --topk 2 --json");
  EXPECT_EQ(json["outputs"][0]["not_finite"], 1);
  EXPECT_EQ(json["outputs"][0]["top"][0][0]["class"], 1);
}

TEST_F(Run, RefusesInputsThatDoNotFit) {
  write_npy(path("wide.npy"), Tensor::from<float>({1, 5}, {1, 2, 3, 4, 5}));
  write_npy(path("double.npy"), Tensor::from<double>({1, 4}, {1, 2, 3, 4}));
  write("text.txt", "not an array");
  write("damaged.npy", read("x.npy").substr(0, 100));
  expect_error("run linear.onnx", 2, {"input 'x' (float32[N,4]) is missing", "--random-input"});
  expect_error("run linear.onnx --input wide.npy", 2, {"'wide.npy'", "1x5", "'x'", "[N,4]"});
  expect_error("run linear.onnx --input double.npy", 2, {"'double.npy'", "float64", "'x'"});
  expect_error("run linear.onnx --input z=x.npy", 2, {"no input 'z'", "'x'"});
  expect_error("run linear.onnx --input none.npy", 2, {"'none.npy'"});
  expect_error("run linear.onnx --input text.txt", 2, {"'text.txt'", ".npy"});
  expect_error("run linear.onnx --input damaged.npy", 2, {"damaged.npy"});
  expect_error("run linear.onnx --input x.npy --input a.npy", 2, {"a.npy", "one too many"});
  expect_error("run two.onnx --input a=a.npy --input a=b.npy", 2, {"'a' is given twice"});
  expect_error("run linear.onnx --random-input 1 --shape 1x9", 2, {"--shape 1x9", "'x'"});
  expect_error("run linear.onnx --random-input 1 --shape y:1x4", 2, {"no input 'y'"});
  expect_error("run linear.onnx --random-input 1 --shape 1xbig", 2, {"--shape is '1xbig'"});
}

TEST_F(Run, RefusesHostilePictures) {
  write_png("good.png", 40, 1, 2, 3);
  const std::string good = read("good.png");
  std::string huge = good;
  huge.replace(16, 8, std::string("\x7f\xff\xff\xff\x7f\xff\xff\xff", 8));  // width and height
  write("huge.png", huge);
  write("short.png", good.substr(0, 60));
  write("noise.jpg", "\xff\xd8\xff" + std::string(500, 'x'));
  for (const char* file : {"huge.png", "short.png", "noise.jpg"})
    expect_error(std::string("run image.onnx --input ") + file, 2, {file});
  expect_error("run image.onnx --input good.png --resize 4 --crop 8", 2, {"--resize"});
  expect_error("run image.onnx --input good.png --mean 1,2", 2, {"--mean has 2 values"});
  expect_error("run linear.onnx --input good.png", 2, {"'good.png' is an image", "'x'"});
}

TEST_F(Run, RefusesOutputsItCannotWrite) {
  const std::string before = listing();
  expect_error("run linear.onnx --input x.npy --output y.txt", 2, {"y.txt", ".npy or .npz"});
  expect_error("run two.onnx --random-input 1 --output y.npy", 2, {"y.npy", "2 outputs"});
  expect_error("run linear.onnx --input x.npy --output no/y.npy", 3, {"no/y.npy"});
  expect_error("run linear.onnx --input x.npy --labels none.txt", 2, {"none.txt"});
  expect_error("run squeezenet1_1 --random-input 1 --output y.npy", 3, {"y.npy"}, "ulimit -f 1;");
  EXPECT_EQ(listing(), before);
}

}  // namespace
}  // namespace headway
