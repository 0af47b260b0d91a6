#pragma once

#include "kernels/inner_loops.h"

namespace headway {

extern const InnerLoops kPortableLoops;
#if defined(__x86_64__)
extern const InnerLoops kAvx2Loops;
extern const InnerLoops kAvx512Loops;
#endif

}  // namespace headway
