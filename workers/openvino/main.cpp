#include "bench/worker.h"
#include "openvino/open_vino.h"

int main(int argc, char** argv) {
  headway::workers::OpenVino runtime;
  return headway::bench::worker_main(argc, argv, runtime);
}
