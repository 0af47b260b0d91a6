#include "bench/worker.h"
#include "onnxruntime/onnx_runtime.h"

int main(int argc, char** argv) {
  headway::workers::OnnxRuntime runtime;
  return headway::bench::worker_main(argc, argv, runtime);
}
