#include "kernels/isa/isa.h"
#include "kernels/isa/table.h"

namespace headway {

const InnerLoops kAvx2Loops = loops_of("avx2");
const InnerLoops kAvxVnniLoops = with_dot_products(loops_of("avx2"));

}  // namespace headway
