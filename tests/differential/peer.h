#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/temporary_folder.h"
#include "bench/interrupt.h"
#include "bench/worker.h"
#include "bench/worker_process.h"
#include "outcome.h"

namespace headway::differential {

/// ONNX Runtime in a process of its own, which is started anew whenever it dies.
class Peer {
 public:
  /// Throws Error(kNotFound) if the worker or its library is not there.
  explicit Peer(std::filesystem::path worker);

  const std::string& version() const noexcept { return version_; }

  /// With its graph optimizations off: what its optimizer gets wrong is not looked for.
  Outcome run(const std::string& model, const std::vector<bench::NamedTensor>& inputs);

 private:
  void start();

  std::filesystem::path worker_;
  TemporaryFolder folder_;
  bench::Interrupt interrupt_;
  std::unique_ptr<bench::WorkerProcess> process_;
  std::string version_;
  int cases_ = 0;  ///< That the present process has run.
};

}  // namespace headway::differential
