#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bench/model_source.h"
#include "weights_option.h"

namespace headway {

/// What the bench command knows about the model it is to race.
struct ModelRequest {
  std::string spec;  ///< A file, the name of a built-in model, or "fake".
  std::int64_t batch = 1;
  std::vector<std::string> shapes;  ///< --shape, as typed: "1x3x224x224" or "name:1x3x224x224".
  std::filesystem::path folder;     ///< Where converted files may be put; outlives the source.
  int threads = 1;                  ///< For the reference.
  WeightsOption weights;
};

/// Throws Error if there is no such model, it cannot be read, or a shape does not fit.
std::unique_ptr<bench::ModelSource> make_model_source(const ModelRequest& request);

}  // namespace headway
