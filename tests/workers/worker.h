#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/worker.h"
#include "bench/worker_process.h"

namespace headway::bench {

/// A runtime as a race starts it: a process of its own, spoken to through the protocol.
class Worker {
 public:
  /// `name` as in headway-worker-<name>; `environment` is added to this process's.
  explicit Worker(const std::string& name,
                  const std::map<std::string, std::string>& environment = {});

  /// Whether this build has the worker at all.
  static bool exists(const std::string& name);

  /// Throws WorkerFailure with the runtime's sentence.
  RuntimeInfo probe(const Settings& options = {});
  Settings load(const LoadRequest& request);
  std::vector<NamedTensor> run();

 private:
  Json request(const Json& message);

  Interrupt interrupt_;
  std::string folder_;
  WorkerProcess process_;
};

}  // namespace headway::bench
