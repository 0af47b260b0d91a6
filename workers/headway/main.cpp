#include "bench/worker.h"
#include "engine.h"

int main(int argc, char** argv) {
  headway::bench::Engine engine;
  return headway::bench::worker_main(argc, argv, engine);
}
