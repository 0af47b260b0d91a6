#include "command_line.h"
#include "formats/onnx/model_builder.h"
#include "small_models.h"

namespace headway {
namespace {

/// A folder with one case: sums and products of two matrices.
class Conformance : public CommandLine {
 protected:
  void save_case(float product) const {
    const std::string folder = "data/node/test_two_by_two/";
    std::filesystem::create_directories(path(folder + "test_data_set_0"));
    save_two_by_two_model(path(folder + "model.onnx"));
    save(folder + "test_data_set_0/input_0.pb", 2, 3);
    save(folder + "test_data_set_0/input_1.pb", 5, 7);
    save(folder + "test_data_set_0/output_0.pb", 7, 10);
    save(folder + "test_data_set_0/output_1.pb", 10, product);
  }

 private:
  void save(const std::string& name, float first, float second) const {
    const float values[] = {first, second};
    const std::string bytes(reinterpret_cast<const char*>(values), sizeof values);
    write(name, onnx::raw_tensor("", onnx::kFloatCode, {1, 2}, bytes));
  }
};

TEST_F(Conformance, PassesWhatIsRight) {
  save_case(21);
  const std::string out = succeed("conformance --data mine=data --paths reference,portable");
  EXPECT_NE(out.find("mine"), std::string::npos) << out;
  EXPECT_NE(out.find("portable"), std::string::npos) << out;
  EXPECT_EQ(out.find("test_two_by_two"), std::string::npos) << out;
}

TEST_F(Conformance, NamesWhatIsWrong) {
  save_case(22);
  const Outcome outcome = run("conformance --data data --paths reference");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.out.find("data/node/test_two_by_two  reference  output 1 1 of 2 elements"),
            std::string::npos)
      << outcome.out;
}

TEST_F(Conformance, LeavesOutWhatIsExcludedAsLongAsItFails) {
  save_case(22);
  write("exclusions.txt", "# why\n");
  EXPECT_EQ(succeed("conformance --data data --update exclusions.txt"), "");
  EXPECT_NE(read("exclusions.txt").find("# why\n*/node/test_two_by_two  all  output 1"),
            std::string::npos)
      << read("exclusions.txt");
  succeed("conformance --data data --exclusions exclusions.txt");
  save_case(21);
  const Outcome outcome = run("conformance --data data --exclusions exclusions.txt");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.out.find("yet they pass"), std::string::npos) << outcome.out;
}

TEST_F(Conformance, RefusesWrongUsage) {
  expect_error("conformance", 2, {"--data"});
  expect_error("conformance --data nowhere", 2, {"nowhere"});
  expect_error("conformance --data .", 2, {"no test case"});
  save_case(21);
  expect_error("conformance --data data --paths sse9", 2, {"sse9"});
  expect_error("conformance --data data --exclusions none.txt", 2, {"none.txt"});
  expect_error("conformance --data data --update e.txt --filter x", 2, {"--update"});
}

}  // namespace
}  // namespace headway
