#include "kernels/peak/isa/float_loops.h"
#include "kernels/peak/isa/memory_loops.h"

namespace headway {

const ArithmeticLoop kAvx2Float32 = arithmetic_loop("vfmadd ymm", 1, multiply_add);
const MemoryLoops kAvx2Memory = kMemoryLoops;

}  // namespace headway
