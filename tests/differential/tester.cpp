#include "tester.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstring>
#include <iostream>
#include <string>

#include <unistd.h>

#include "base/error.h"
#include "formats/onnx/write.h"
#include "generate.h"
#include "shrink.h"
#include "tensor/npy.h"

namespace headway::differential {
namespace {

/// What stays the same of a refusal while a case is made smaller: its words, without numbers, names
/// and what comes before.
std::string gist_of(const Finding& finding) {
  if (!finding.kind.ends_with("refuses")) return "";
  std::string text = finding.sentence;
  for (const char* introduction : {"Status Message: ", " failed:", "): "}) {
    const std::size_t at = text.find(introduction);
    if (at != std::string::npos) text.erase(0, at + std::strlen(introduction));
  }
  std::erase_if(text, [](unsigned char c) { return std::isdigit(c) || c == 'x' || c == '-'; });
  return text.substr(0, 40);
}

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

/// The case as departures are matched with: all that is known of its shapes is told.
std::string line_of(Case wanted) {
  wanted.open_shapes = false;
  for (CaseValue& value : wanted.values)
    if (value.fixed) value.kind = CaseValue::Kind::kConstant;
  return one_line(text_of(wanted));
}

}  // namespace

Tester::Tester(const Options& options)
    : options_(options), departures_(Departures::read(options.departures)), peer_(options.worker) {}

bool Tester::run(volatile std::uint64_t& present_seed) {
  const auto start = std::chrono::steady_clock::now();
  const bool shows = isatty(STDERR_FILENO) == 1;
  std::uint64_t done = 0;
  for (; done < options_.cases && unexplained_ < options_.most; ++done) {
    const std::uint64_t seed = options_.seed + done;
    present_seed = seed;
    try {
      test(generate(seed));
    } catch (const Error& error) {
      fail(error.code(), "seed ", seed, ": ", error.what());
    }
    if (shows && done % 1000 == 999) std::cerr << '\r' << done + 1 << " cases" << std::flush;
  }
  if (shows) std::cerr << '\r';
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  summarize(done, elapsed.count());
  return unexplained_ == 0;
}

void Tester::test(const Case& wanted) {
  const Checked checked = check(wanted, peer_);
  if (!checked.finding) {
    compared_ += checked.compared ? 1 : 0;
    return;
  }
  const std::string kind = checked.finding->kind, gist = gist_of(*checked.finding);
  // What differs in a graph is known only once it is small; a refusal says what it is about.
  const bool clear = wanted.nodes.size() == 1 || kind.ends_with("refuses");
  if (clear && departures_.explain(*checked.finding, line_of(wanted)) != nullptr) {
    ++explained_;
    return;
  }
  const Case small = shrink(wanted, [&](const Case& c) {
    const auto found = check(c, peer_).finding;
    return found && found->kind == kind && gist_of(*found) == gist;
  });
  const std::optional<Finding> finding = check(small, peer_).finding;
  // What does not show every time, such as memory left as it was, cannot be made small.
  const Departure* explained = finding ? departures_.explain(*finding, line_of(small))
                                       : departures_.explain(*checked.finding, line_of(wanted));
  if (explained != nullptr) {
    ++explained_;
    return;
  }
  finding ? report(*finding, small) : report(*checked.finding, wanted);
  ++unexplained_;
}

void Tester::report(const Finding& finding, const Case& small) const {
  std::cout << "seed " << small.seed << ": " << finding.kind << ' ' << finding.path << ": "
            << one_line(finding.sentence) << '\n'
            << text_of(small);
  constexpr std::int64_t kMostPrinted = 16;
  for (const ValueId id : inputs_of(small)) {
    const Tensor& tensor = small.values[static_cast<std::size_t>(id)].tensor;
    if (tensor.size() > kMostPrinted) continue;
    std::cout << "  " << name_of_value(small, id) << " =";
    const Tensor elements = tensor.to(DType::kFloat64);
    for (const double element : elements.values<double>()) std::cout << ' ' << element;
    std::cout << '\n';
  }
  std::cout << std::endl;
  if (!options_.save.empty()) save(small);
}

void Tester::summarize(std::uint64_t done, double seconds) const {
  const std::uint64_t refused = done - compared_ - explained_ - unexplained_;
  std::cout << done << " cases from seed " << options_.seed << " against ONNX Runtime "
            << peer_.version() << " in " << static_cast<std::int64_t>(seconds)
            << " s: " << compared_ << " compared, " << refused << " refused by both, " << explained_
            << " explained, " << unexplained_ << " not explained\n";
  for (const Departure& departure : departures_.entries) {
    if (departure.met == 0) continue;
    std::cout << "  " << departure.met << "  " << departure.kind << "  " << departure.pattern
              << "  " << departure.reason << '\n';
  }
}

void Tester::save(const Case& small) const {
  const std::filesystem::path folder = options_.save / std::to_string(small.seed);
  std::filesystem::create_directories(folder);
  write_onnx(graph_of(small), folder / "model.onnx");
  for (const ValueId id : inputs_of(small))
    write_npy(folder / (name_of_value(small, id) + ".npy"),
              small.values[static_cast<std::size_t>(id)].tensor);
}

}  // namespace headway::differential
