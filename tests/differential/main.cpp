#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <string>

#include <unistd.h>

#include "base/error.h"
#include "check.h"
#include "departures.h"
#include "formats/onnx/write.h"
#include "generate.h"
#include "shrink.h"
#include "tensor/npy.h"

namespace headway::differential {
namespace {

constexpr const char* kUsage =
    R"(usage: headway_differential [--cases N] [--seed S] [--save FOLDER] [--most N]

Makes N random operators and small graphs (1000), the first from seed S (1), the next from S + 1 and so on, runs
each in Headway (reference, fused and unfused) and in ONNX Runtime, and compares. Each difference that
tests/differential/departures.txt does not explain is printed as a graph that was made as small as
possible; with --save its model and inputs are written to a folder. It stops after 20 of them, or --most.

  headway_differential --cases 100000 --seed 1
  headway_differential --cases 1 --seed 4711 --save difference    # one case again
)";

struct Options {
  std::uint64_t seed = 1, cases = 1000, most = 20;
  std::filesystem::path worker = HEADWAY_DIFFERENTIAL_WORKER,
                        departures = HEADWAY_DIFFERENTIAL_DEPARTURES;
  std::filesystem::path save;
};

std::uint64_t number(const std::string& flag, const std::string& text) {
  std::uint64_t result = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error != std::errc{} || end != text.data() + text.size())
    fail(ErrorCode::kInvalidArgument, flag, " takes a number, not '", text, "'");
  return result;
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string flag = argv[i];
    if (i + 1 == argc) fail(ErrorCode::kInvalidArgument, "nothing follows ", flag, "\n", kUsage);
    const std::string value = argv[i + 1];
    if (flag == "--seed")
      options.seed = number(flag, value);
    else if (flag == "--cases")
      options.cases = number(flag, value);
    else if (flag == "--most")
      options.most = number(flag, value);
    else if (flag == "--save")
      options.save = value;
    else
      fail(ErrorCode::kInvalidArgument, "there is no option ", flag, "\n", kUsage);
  }
  return options;
}

volatile std::uint64_t present_seed = 0;

/// Says which case Headway crashed on.
void on_crash(int signal_number) {
  char text[] = "headway_differential: Headway crashed on seed 00000000000000000000\n";
  char* digit = text + sizeof text - 3;
  for (std::uint64_t rest = present_seed; rest != 0; rest /= 10)
    *digit-- = static_cast<char>('0' + rest % 10);
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
  std::signal(signal_number, SIG_DFL);
  raise(signal_number);
}

class Tester {
 public:
  explicit Tester(const Options& options)
      : options_(options),
        departures_(Departures::read(options.departures)),
        peer_(options.worker) {}

  /// The process's exit status.
  int run() {
    const auto start = std::chrono::steady_clock::now();
    std::uint64_t done = 0;
    for (; done < options_.cases && unexplained_ < options_.most; ++done) {
      present_seed = options_.seed + done;
      try {
        test(generate(present_seed));
      } catch (const Error& error) {
        fail(error.code(), "seed ", present_seed, ": ", error.what());
      }
      if (done % 1000 == 999)
        std::fprintf(stderr, "\r%llu cases", static_cast<unsigned long long>(done + 1));
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    std::fprintf(stderr, "\r");
    std::printf(
        "%llu cases from seed %llu against ONNX Runtime %s in %.0f s: %llu compared, %llu refused "
        "by both, "
        "%llu explained, %llu not explained\n",
        ull(done), ull(options_.seed), peer_.version().c_str(), elapsed.count(), ull(compared_),
        ull(done - compared_ - explained_ - unexplained_), ull(explained_), ull(unexplained_));
    for (const Departure& departure : departures_.entries)
      if (departure.met > 0)
        std::printf("  %7zu  %s  %s  %s\n", departure.met, departure.kind.c_str(),
                    departure.pattern.c_str(), departure.reason.c_str());
    return unexplained_ == 0 ? 0 : 1;
  }

 private:
  static unsigned long long ull(std::uint64_t value) { return value; }

  void test(const Case& wanted) {
    const Checked checked = check(wanted, peer_);
    if (!checked.finding) {
      compared_ += checked.compared ? 1 : 0;
      return;
    }
    const std::string kind = checked.finding->kind;
    // What differs in a graph is known only once it is small; a refusal says what it is about.
    const bool clear = wanted.nodes.size() == 1 || kind.ends_with("refuses");
    if (clear && departures_.explain(*checked.finding, line_of(wanted)) != nullptr) {
      ++explained_;
      return;
    }
    const std::string gist = gist_of(*checked.finding);
    const Case small = shrink(wanted, [&](const Case& c) {
      const auto found = check(c, peer_).finding;
      return found && found->kind == kind && gist_of(*found) == gist;
    });
    const std::optional<Finding> finding = check(small, peer_).finding;
    if (!finding) {
      report(*checked.finding, wanted);
    } else if (departures_.explain(*finding, line_of(small)) != nullptr) {
      ++explained_;
      return;
    } else {
      report(*finding, small);
    }
    ++unexplained_;
  }

  /// What stays the same of a refusal while a case is made smaller: its words, without numbers,
  /// names and what comes before.
  static std::string gist_of(const Finding& finding) {
    if (!finding.kind.ends_with("refuses")) return "";
    std::string text = finding.sentence;
    for (const char* introduction : {"Status Message: ", " failed:", "): "}) {
      const std::size_t at = text.find(introduction);
      if (at != std::string::npos) text.erase(0, at + std::strlen(introduction));
    }
    std::erase_if(text, [](unsigned char c) { return std::isdigit(c) || c == 'x' || c == '-'; });
    return text.substr(0, 40);
  }

  static std::string one_line(std::string text) {
    std::ranges::replace(text, '\n', ' ');
    return text;
  }

  static std::string line_of(Case wanted) {
    wanted.open_shapes = false;
    for (CaseValue& value : wanted.values)
      if (value.fixed) value.kind = CaseValue::Kind::kConstant;
    return one_line(text_of(wanted));
  }

  void report(const Finding& finding, const Case& small) {
    std::cout << "seed " << small.seed << ": " << finding.kind << ' ' << finding.path << ": "
              << one_line(finding.sentence) << '\n'
              << text_of(small);
    for (const ValueId id : inputs_of(small)) {
      const Tensor& tensor = small.values[static_cast<std::size_t>(id)].tensor;
      if (tensor.size() > 16) continue;
      std::cout << "  " << name_of_value(small, id) << " =";
      const Tensor elements = tensor.to(DType::kFloat64);
      for (const double element : elements.values<double>()) std::cout << ' ' << element;
      std::cout << '\n';
    }
    std::cout << std::endl;
    if (!options_.save.empty()) save(small);
  }

  void save(const Case& small) const {
    const std::filesystem::path folder = options_.save / std::to_string(small.seed);
    std::filesystem::create_directories(folder);
    write_onnx(graph_of(small), folder / "model.onnx");
    for (const ValueId id : inputs_of(small))
      write_npy(folder / (name_of_value(small, id) + ".npy"),
                small.values[static_cast<std::size_t>(id)].tensor);
  }

  const Options& options_;
  Departures departures_;
  Peer peer_;
  std::uint64_t compared_ = 0, explained_ = 0, unexplained_ = 0;
};

}  // namespace

int run(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--help") == 0) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  const Options options = parse(argc, argv);
  for (const int signal_number : {SIGSEGV, SIGFPE, SIGABRT, SIGBUS, SIGILL})
    std::signal(signal_number, on_crash);
  return Tester(options).run();
}

}  // namespace headway::differential

int main(int argc, char** argv) {
  try {
    return headway::differential::run(argc, argv);
  } catch (const headway::Error& error) {
    std::fprintf(stderr, "headway_differential: %s\n", error.what());
    return error.code() == headway::ErrorCode::kNotFound ? 77 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "headway_differential: %s\n", error.what());
    return 2;
  }
}
