#include "kernels/context.h"

#include "kernels/isa/isa.h"

namespace headway {

const InnerLoops& inner_loops(Isa isa) noexcept {
#if defined(__x86_64__)
  if (isa == Isa::kAvx512) return has_vnni(isa) ? kAvx512VnniLoops : kAvx512Loops;
  if (isa == Isa::kAvx2) return has_vnni(isa) ? kAvxVnniLoops : kAvx2Loops;
#endif
  (void)isa;
  return kPortableLoops;
}

}  // namespace headway
