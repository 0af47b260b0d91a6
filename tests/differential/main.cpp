#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

#include <unistd.h>

#include "base/error.h"
#include "tester.h"

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

std::uint64_t number(const std::string& flag, const std::string& text) {
  std::uint64_t result = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error != std::errc{} || end != text.data() + text.size())
    fail(ErrorCode::kInvalidArgument, flag, " takes a number, not '", text, "'");
  return result;
}

Options parse(int argc, char** argv) {
  Options options{.worker = HEADWAY_DIFFERENTIAL_WORKER,
                  .departures = HEADWAY_DIFFERENTIAL_DEPARTURES};
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

}  // namespace

int run(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--help") == 0) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  const Options options = parse(argc, argv);
  for (const int signal_number : {SIGSEGV, SIGFPE, SIGABRT, SIGBUS, SIGILL})
    std::signal(signal_number, on_crash);
  return Tester(options).run(present_seed) ? 0 : 1;
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
