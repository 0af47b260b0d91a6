#include <cstdio>

#include "bench.h"
#include "exit_status.h"

int main(int argc, char** argv) {
  CLI::App app{"headway"};
  app.require_subcommand(1);
  int status = headway::kSuccess;
  headway::add_bench_command(app, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? headway::kSuccess : headway::kBadInput;
  } catch (const headway::Error& error) {
    std::fprintf(stderr, "headway: %s\n", error.what());
    return headway::exit_status_of(error.code());
  }
  return status;
}
