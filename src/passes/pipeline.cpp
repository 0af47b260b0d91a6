#include "passes/pipeline.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>

#include "base/atomic_file.h"
#include "base/error.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "passes/passes.h"

namespace headway {
namespace {

/// The order matters: each group makes the patterns of the next ones visible.
constexpr std::array kPipeline = {
    // What is always done needs no branch.
    &kInlineBranches,
    // 16-bit floating-point numbers become float32 before anything looks for a pattern, and
    // operators
    // that are others in one those others.
    &kWidenHalves,
    &kExpandEinsum,
    &kSplitGemm,
    // What is quantized, while constant weights still are.
    &kRecognizeQuantized,
    // Shape arithmetic and unused decoration: they stand between the nodes below.
    &kFoldConstants,
    &kRemoveNoOp,
    &kTransposeToReshape,
    // Then everything a convolution's own weights and attributes can express, while it is still an
    // ONNX Conv. Batch-norm comes before lone scales, which may follow it.
    &kFoldPad,
    &kTrimKernel,
    &kFoldBatchNorm,
    &kFoldScale,
    // Normalizations and activations written as several nodes become one, so that fusion sees a
    // single node.
    &kRecognizeLayerNorm,
    &kRecognizeGelu,
    &kRecognizeSilu,
    &kRecognizeHardSwish,
    // At last the fused operators, in the order in which they compute: product, bias, residual,
    // activation. Attention comes before the residual, which would take its mask, and out of whose
    // way it takes transposes.
    &kFuseBias,
    &kHoistReshape,
    &kFuseAttention,
    &kAbsorbTranspose,
    &kFuseResidual,
    &kFuseActivation,
};

PassReport run_pass(const Pass& pass, Graph& graph, const PassOptions& options,
                    std::size_t number) {
  using Clock = std::chrono::steady_clock;
  PassReport report{pass.name, 0, 0};
  if (options.disabled.contains(pass.name)) return report;
  const auto start = Clock::now();
  report.patches = apply(pass, graph);
  report.milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  if (options.verify) verify(graph);
  if (!options.dump_folder.empty()) {
    const std::string file = concat(number < 10 ? "0" : "", number, '-', pass.name, ".txt");
    write_file(options.dump_folder / file, print_graph(graph));
  }
  return report;
}

std::string known_names() {
  std::string names;
  for (const Pass* pass : pipeline()) {
    if (!names.empty()) names += ", ";
    names += pass->name;
  }
  return names;
}

std::set<std::string, std::less<>> parse_disabled(std::string_view text) {
  std::set<std::string, std::less<>> disabled;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const bool known = item.starts_with('-') && std::ranges::any_of(pipeline(), [&](const Pass* p) {
                         return p->name == item.substr(1);
                       });
    if (!known) {
      fail(ErrorCode::kInvalidArgument, "HEADWAY_PASSES has '", item,
           "', but expects '-' and the name of a pass to leave out; there are ", known_names());
    }
    disabled.emplace(item.substr(1));
  }
  return disabled;
}

}  // namespace

std::span<const Pass* const> pipeline() {
  return kPipeline;
}

PassOptions PassOptions::from_environment() {
  PassOptions options;
  if (const char* passes = std::getenv("HEADWAY_PASSES")) options.disabled = parse_disabled(passes);
  if (const char* folder = std::getenv("HEADWAY_DUMP_PASSES")) options.dump_folder = folder;
#ifndef NDEBUG
  options.verify = true;
#endif
  return options;
}

std::vector<PassReport> optimize(Graph& graph, const PassOptions& options) {
  std::vector<PassReport> reports;
  for (const Pass* pass : pipeline()) {
    reports.push_back(run_pass(*pass, graph, options, reports.size() + 1));
  }
  return reports;
}

}  // namespace headway
