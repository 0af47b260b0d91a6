#include "bench/worker.h"
#include "pytorch/pytorch.h"

int main(int argc, char** argv) {
  headway::workers::PyTorch runtime;
  return headway::bench::worker_main(argc, argv, runtime);
}
