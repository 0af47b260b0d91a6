#include "peer.h"

#include <fstream>
#include <map>
#include <utility>

#include "base/error.h"
#include "bench/tensor_file.h"

namespace headway::differential {
namespace {

using bench::Json;

constexpr std::int64_t kTimeoutNs = 30'000'000'000;
constexpr int kCasesPerProcess = 5000;  // ONNX Runtime's arenas grow.

std::string refusal_in(const Json& reply) {
  const auto error = reply.find("error");
  return error == reply.end() ? "" : error->value("message", "it gave no reason");
}

}  // namespace

Peer::Peer(std::filesystem::path worker) : worker_(std::move(worker)) {
  if (!std::filesystem::exists(worker_))
    fail(ErrorCode::kNotFound, "there is no worker '", worker_.string(), "'; build it with ninja");
  start();
  const Json reply =
      process_->request({{"command", "probe"}, {"options", Json::object()}}, kTimeoutNs, false);
  version_ = reply.at("version").get<std::string>();
}

void Peer::start() {
  process_.reset();
  process_ = std::make_unique<bench::WorkerProcess>(worker_, std::map<std::string, std::string>{},
                                                    kTimeoutNs, interrupt_);
  cases_ = 0;
}

Outcome Peer::run(const std::string& model, const std::vector<bench::NamedTensor>& inputs) {
  if (process_ == nullptr || ++cases_ > kCasesPerProcess) start();
  const auto model_file = folder_.path() / "model.onnx", input_file = folder_.path() / "inputs",
             output_file = folder_.path() / "outputs";
  std::ofstream(model_file, std::ios::binary) << model;
  const Json set = {{"file", input_file.string()},
                    {"tensors", bench::write_tensors(input_file, inputs)}};
  Outcome outcome;
  try {
    Json reply = process_->ask({{"command", "load"},
                                {"model", model_file.string()},
                                {"device", "cpu"},
                                {"threads", 1},
                                {"tuned", false},
                                {"options", {{"graph optimization", "none"}}},
                                {"input_sets", Json::array({set})}},
                               kTimeoutNs, false);
    outcome.refusal = refusal_in(reply);
    if (!outcome.ran()) return outcome;
    reply =
        process_->ask({{"command", "outputs"}, {"input_set", 0}, {"file", output_file.string()}},
                      kTimeoutNs, false);
    outcome.refusal = refusal_in(reply);
    if (!outcome.ran()) return outcome;
    for (bench::NamedTensor& output : bench::read_tensors(output_file, reply.at("tensors")))
      outcome.outputs.push_back(std::move(output.tensor));
  } catch (const bench::WorkerFailure& failure) {
    process_.reset();
    if (failure.kind() == bench::FailureKind::kAborted) throw;
    outcome = {{}, failure.what(), true};
  }
  return outcome;
}

}  // namespace headway::differential
