#include "kernels/isa/isa.h"
#include "kernels/isa/table.h"

namespace headway {

const InnerLoops kAvx512Loops = loops_of("avx512");
const InnerLoops kAvx512VnniLoops = with_dot_products(loops_of("avx512"));

}  // namespace headway
