#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace headway::conformance {

/// One of ONNX's backend tests: a model with inputs and the outputs it must compute.
struct Case {
  std::string name;              ///< "onnx-1.12/node/test_abs": label of the data, folder in it.
  std::filesystem::path folder;  ///< Holds model.onnx and the data sets.
  double rtol = 1e-3;            ///< As ONNX's own runner has it, unless data.json says otherwise.
  double atol = 1e-7;
};

/// The files of one test_data_set_*, by position.
struct DataSet {
  std::vector<std::filesystem::path> inputs, outputs;
};

/// A folder of test data, in ONNX's layout at any depth.
struct Data {
  std::string label;
  std::filesystem::path folder;
};

/// "label=folder", or a folder that is labelled with its own name. Throws Error(kNotFound) if there
/// is no such folder.
Data parse_data(const std::string& text);

/// Every folder with a model.onnx and a test_data_set_*, sorted by name.
std::vector<Case> find_cases(const Data& data);

/// Sorted by name.
std::vector<DataSet> data_sets_of(const Case& test);

}  // namespace headway::conformance
