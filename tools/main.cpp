#include <cctype>
#include <csignal>
#include <exception>
#include <memory>
#include <new>
#include <sstream>
#include <string>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "bench.h"
#include "commands.h"
#include "exit_status.h"
#include "help.h"
#include "output.h"

namespace headway {
namespace {

constexpr const char* kFooter =
    R"(MODEL is a file (.onnx; .pt, of TorchScript; .pt2, of torch.export; .hwy, of 'headway compile') or the
name of a built-in model ('headway models').

Examples:
  headway bench resnet50                      race ResNet-50 in every runtime installed
  headway bench model.onnx --batch 1,8        the same for your model, at two batch sizes
  headway report a.json b.json                several exported races in one table
  headway run resnet50 --input cat.jpg        classify a picture
  headway convert resnet50 -o resnet50.onnx   write a model for another runtime
  headway compile model.onnx -o model.hwy     write it as this machine runs it, to start at once
  headway inspect model.onnx                  what is in it and what it costs
  headway peak                                what this machine can do at most
  headway profile model.onnx                  where the time goes, node by node
  headway conformance --data DIR              run ONNX's own tests

Exit status: 0 done, 1 a race or check failed, 2 wrong usage or input, 3 reading, writing or
memory failed, 4 a defect of Headway, 130 interrupted.)";

int report_usage(const CLI::App& app, const CLI::ParseError& error, const char* first_word) {
  const auto commands = app.get_subcommands();
  if (commands.empty()) {
    if (first_word == nullptr) {
      print_error("say what to do; see 'headway --help'");
    } else {
      print_error(concat("there is no ", first_word[0] == '-' ? "flag" : "command", " '",
                         first_word, "'; see 'headway --help'"));
    }
    return kBadInput;
  }
  std::string text = error.what();
  while (!text.empty() && (text.back() == '.' || std::isspace(text.back()) != 0)) text.pop_back();
  if (text.size() > 1 && std::islower(text[1]) != 0)
    text[0] = static_cast<char>(std::tolower(text[0]));
  print_error(concat(text, "; see 'headway ", commands.front()->get_name(), " --help'"));
  return kBadInput;
}

int run(int argc, char** argv) {
  CLI::App app("Runs deep-learning models fast, and proves it head-to-head against other runtimes",
               "headway");
  app.set_version_flag("--version", "headway " HEADWAY_VERSION, "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.formatter(std::make_shared<HelpFormatter>());
  app.footer(kFooter);
  app.require_subcommand(1);
  int status = kSuccess;
  add_bench_command(app, status);
  add_report_command(app, status);
  add_run_command(app, status);
  add_convert_command(app, status);
  add_compile_command(app, status);
  add_inspect_command(app, status);
  add_profile_command(app, status);
  add_models_command(app, status);
  add_runtimes_command(app, status);
  add_peak_command(app, status);
  add_conformance_command(app, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help and --version
    std::ostringstream text;
    app.exit(request, text, text);
    print(text.str());
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error, argc > 1 ? argv[1] : nullptr);
  }
  finish_output();
  return status;
}

}  // namespace
}  // namespace headway

int main(int argc, char** argv) {
  headway::reserve_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe and a file-size limit are errors of write()
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return headway::run(argc, argv);
  } catch (const headway::Error& error) {
    headway::print_error(error.what());
    return headway::exit_status_of(error.code());
  } catch (const std::bad_alloc&) {
    headway::print_error("there is not enough memory for this");
    return headway::kSystemRefused;
  } catch (const std::exception& error) {
    headway::print_error(std::string("this is a defect of Headway, please report it: ") +
                         error.what());
    return headway::kDefect;
  }
}
