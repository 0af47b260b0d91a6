#pragma once

#include "kernels/inner_loops.h"

namespace headway {

extern const InnerLoops kPortableLoops;
#if defined(__x86_64__)
extern const InnerLoops kAvx2Loops, kAvxVnniLoops;
extern const InnerLoops kAvx512Loops, kAvx512VnniLoops;
#endif

}  // namespace headway
