#include "conformance/cases.h"

#include <algorithm>
#include <fstream>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace headway::conformance {
namespace {

namespace fs = std::filesystem;

bool is_data_set(const fs::path& path) {
  return path.filename().string().starts_with("test_data_set_") && fs::is_directory(path);
}

std::vector<fs::path> data_set_folders(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder))
    if (is_data_set(entry.path())) found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

void read_tolerances(Case& test) {
  std::ifstream file(test.folder / "data.json");
  if (!file) return;
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object())
    fail(ErrorCode::kInvalidModel, "'", (test.folder / "data.json").string(), "' is not JSON");
  test.rtol = json.value("rtol", test.rtol);
  test.atol = json.value("atol", test.atol);
}

std::vector<fs::path> numbered_files(const fs::path& folder, const std::string& stem) {
  std::vector<fs::path> files;
  for (;;) {
    fs::path file = folder / (stem + std::to_string(files.size()) + ".pb");
    if (!fs::exists(file)) return files;
    files.push_back(std::move(file));
  }
}

}  // namespace

Data parse_data(const std::string& text) {
  const std::size_t equals = text.find('=');
  Data data;
  data.folder = equals == std::string::npos ? text : text.substr(equals + 1);
  if (!fs::is_directory(data.folder))
    fail(ErrorCode::kNotFound, "there is no folder '", data.folder.string(), "' with test data");
  fs::path named = fs::absolute(data.folder).lexically_normal();
  if (!named.has_filename()) named = named.parent_path();
  data.label = equals == std::string::npos ? named.filename().string() : text.substr(0, equals);
  return data;
}

std::vector<Case> find_cases(const Data& data) {
  std::vector<Case> cases;
  const auto options = fs::directory_options::follow_directory_symlink;
  for (const auto& entry : fs::recursive_directory_iterator(data.folder, options)) {
    if (entry.path().filename() != "model.onnx") continue;
    Case test;
    test.folder = entry.path().parent_path();
    if (data_set_folders(test.folder).empty()) continue;
    test.name = data.label + "/" + test.folder.lexically_relative(data.folder).generic_string();
    read_tolerances(test);
    cases.push_back(std::move(test));
  }
  std::ranges::sort(cases, {}, &Case::name);
  return cases;
}

std::vector<DataSet> data_sets_of(const Case& test) {
  std::vector<DataSet> sets;
  for (const fs::path& folder : data_set_folders(test.folder))
    sets.push_back({numbered_files(folder, "input_"), numbered_files(folder, "output_")});
  return sets;
}

}  // namespace headway::conformance
