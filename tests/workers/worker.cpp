#include "worker.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "bench/tensor_file.h"

namespace headway::bench {
namespace {

constexpr std::int64_t kTimeoutNs = 120'000'000'000;

std::filesystem::path executable(const std::string& name) {
  return std::filesystem::path(HEADWAY_TEST_WORKERS) / ("headway-worker-" + name);
}

}  // namespace

Worker::Worker(const std::string& name, const std::map<std::string, std::string>& environment)
    : folder_(testing::TempDir() + "/headway-worker-test-" + std::to_string(getpid())),
      process_(executable(name), environment, kTimeoutNs, interrupt_) {
  std::filesystem::create_directories(folder_);
}

bool Worker::exists(const std::string& name) {
  return std::filesystem::exists(executable(name));
}

Json Worker::request(const Json& message) {
  return process_.request(message, kTimeoutNs, false);
}

RuntimeInfo Worker::probe(const Settings& options) {
  const Json reply = request({{"command", "probe"}, {"options", options}});
  return {reply.at("version").get<std::string>(), reply.at("library").get<std::string>(),
          reply.at("devices").get<std::vector<std::string>>()};
}

Settings Worker::load(const LoadRequest& wanted) {
  const std::string file = folder_ + "/inputs";
  const Json tensors = write_tensors(file, wanted.inputs);
  return request({{"command", "load"},
                  {"model", wanted.model_path},
                  {"device", wanted.device},
                  {"threads", wanted.threads},
                  {"tuned", wanted.tuned},
                  {"options", wanted.options},
                  {"input_sets", {{{"file", file}, {"tensors", tensors}}}}})
      .at("settings")
      .get<Settings>();
}

std::vector<NamedTensor> Worker::run() {
  const std::string file = folder_ + "/outputs";
  const Json reply = request({{"command", "outputs"}, {"input_set", 0}, {"file", file}});
  return read_tensors(file, reply.at("tensors"));
}

}  // namespace headway::bench
