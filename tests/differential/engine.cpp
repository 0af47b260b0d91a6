#include "engine.h"

#include <cstdlib>

#include "headway/model.h"
#include "headway/session.h"

#include "base/cpu.h"
#include "base/random.h"
#include "formats/onnx/read.h"

namespace headway::differential {

std::vector<Path> paths_of(std::uint64_t seed) {
  std::vector<std::string> isas;
  for (const Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512}) {
    if (isa <= detect_cpu().best_isa()) isas.emplace_back(name_of(isa));
  }
  Random random(~seed);
  const std::string fused = isas[random.below(isas.size())];
  const std::string unfused = isas[random.below(isas.size())];
  const int threads = random.below(8) == 0 ? 2 : 1;
  return {{"reference", "", true, false},
          {"fused " + fused, fused, false, true, threads},
          {"unfused " + unfused, unfused, false, false}};
}

Outcome run_headway(const Path& path, const std::string& model, std::span<const Tensor> inputs) {
  path.isa.empty() ? unsetenv("HEADWAY_ISA") : setenv("HEADWAY_ISA", path.isa.c_str(), 1);
  Outcome outcome;
  try {
    Graph graph = read_onnx(std::as_bytes(std::span(model)), "case", {}, nullptr);
    const Program program = Model(std::move(graph))
                                .compile({.threads = path.threads,
                                          .fuse = path.fuse,
                                          .reference = path.reference,
                                          .tune = Tune::kOff});
    Session session(program);
    for (const Tensor& output : session.run(inputs)) outcome.outputs.push_back(output.clone());
  } catch (const std::exception& error) {
    outcome.refusal = error.what();
  }
  return outcome;
}

}  // namespace headway::differential
