#include <array>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

#include "command_line.h"
#include "formats/onnx/model_builder.h"

namespace headway {
namespace {

/// Files that are out to crash, hang or fill the memory of whoever opens them, seen from outside.
class HostileModel : public CommandLine {
 protected:
  void expect_refusal(const std::string& model, int status,
                      std::initializer_list<std::string_view> fragments) const {
    for (const char* command : {"inspect ", "run --random-input 1 ", "compile -o out.hwy ",
                                "convert -o out.onnx ", "profile --runs 1 "})
      expect_error(command + model, status, fragments, "ulimit -v 2000000; timeout 20");
    EXPECT_FALSE(std::filesystem::exists(path("out.hwy")));
    EXPECT_FALSE(std::filesystem::exists(path("out.onnx")));
  }
};

TEST_F(HostileModel, WhatIsNoRegularFile) {
  std::filesystem::create_directory(path("folder.onnx"));
  expect_refusal("folder.onnx", 3, {"'folder.onnx'", "directory"});
  ASSERT_EQ(mkfifo(path("pipe.onnx").c_str(), 0600), 0);
  expect_refusal("pipe.onnx", 3, {"'pipe.onnx'", "not a regular file"});
  expect_refusal("/dev/zero", 3, {"'/dev/zero'", "not a regular file"});
  std::filesystem::create_symlink("loop.onnx", path("loop.onnx"));
  expect_refusal("./loop.onnx", 2, {"loop.onnx"});
}

TEST_F(HostileModel, WhatMayNotBeRead) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  write("secret.onnx", "secret");
  std::filesystem::permissions(path("secret.onnx"), std::filesystem::perms::none);
  expect_refusal("secret.onnx", 3, {"'secret.onnx'"});
}

TEST_F(HostileModel, WhatIsNoModel) {
  write("text.onnx", "Dear reader, this is no model.\n");
  expect_refusal("text.onnx", 2, {"text.onnx", "text"});
  write("zeros.onnx", std::string(4096, '\0'));
  expect_refusal("zeros.onnx", 2, {"zeros.onnx"});
}

TEST_F(HostileModel, Cycles) {
  write("cycle.onnx", onnx::ModelBuilder()
                          .node("Relu", {"b"}, {"a"})
                          .node("Tanh", {"a"}, {"b"})
                          .output("b")
                          .bytes());
  expect_refusal("cycle.onnx", 2, {"cycle.onnx", "its own result"});
}

TEST_F(HostileModel, SmallFilesThatAskForALot) {
  const auto ints = [](const std::string& name, std::array<std::int64_t, 2> values) {
    std::string bytes(sizeof values, '\0');
    std::memcpy(bytes.data(), values.data(), sizeof values);
    return onnx::raw_tensor(name, 7, {2}, bytes);
  };
  const std::int64_t many = std::int64_t{1} << 20;
  for (const char* op_type : {"Expand", "Tile"}) {
    write("bomb.onnx", onnx::ModelBuilder()
                           .input("x", {1, 1})
                           .initializer(ints("n", {many, many}))
                           .node(op_type, {"x", "n"}, {"y"})
                           .output("y")
                           .bytes());
    for (const char* command : {"run --random-input 1 bomb.onnx", "profile --runs 1 bomb.onnx"})
      expect_error(command, 3, {"memory"}, "ulimit -v 2000000; timeout 20");
  }
}

}  // namespace
}  // namespace headway
