#include "kernels/peak/isa/float_loops.h"
#include "kernels/peak/isa/memory_loops.h"

namespace headway {

const ArithmeticLoop kAvx512Float32 = arithmetic_loop("vfmadd zmm", 1, multiply_add);
const MemoryLoops kAvx512Memory = kMemoryLoops;

}  // namespace headway
