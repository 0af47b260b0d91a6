#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "bench/results.h"
#include "weights_option.h"

namespace headway {

/// `headway bench`'s command line, as typed.
struct BenchArguments {
  std::string model;
  std::string runtimes;
  bool tuned = false;
  std::vector<int> threads;
  std::vector<int> batches{1};
  std::string device = "cpu";
  bool allow_fallback = false;
  std::vector<std::string> shapes;
  std::string budget;
  std::string duration;
  std::optional<std::int64_t> iterations;
  std::optional<std::int64_t> warmup;
  std::optional<int> processes;
  std::uint64_t seed = 1;
  WeightsOption weights;
  int input_sets = 4;
  std::string timeout = "120s";
  std::vector<double> percentiles{90, 99};
  double atol = 1e-6;
  double rtol = 1e-3;
  std::string json;
  std::string csv;
  std::string markdown;
  std::string baseline;
  std::string min_effect = "2%";
  bool no_peak = false;
};

void declare_arguments(CLI::App& command, BenchArguments& arguments);

/// The options of one race. Throws Error(kInvalidArgument) naming the flag.
bench::RaceOptions race_options(const BenchArguments& arguments, int batch, int threads);

}  // namespace headway
