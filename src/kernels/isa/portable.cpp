#include "kernels/isa/isa.h"
#include "kernels/isa/table.h"

namespace headway {

const InnerLoops kPortableLoops = loops_of("portable");

}  // namespace headway
