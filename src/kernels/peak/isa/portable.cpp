#include "kernels/peak/isa/float_loops.h"
#include "kernels/peak/isa/memory_loops.h"

namespace headway {

const ArithmeticLoop kPortableFloat32 = arithmetic_loop("multiply, add", 1, multiply_add);
const MemoryLoops kPortableMemory = kMemoryLoops;

}  // namespace headway
