#include "generate.h"

#include "families.h"

namespace headway::differential {

std::vector<Family> all_families() {
  return {unary_family(),
          binary_family(),
          reduce_family(),
          movement_family(),
          indexing_family(),
          conv_family(),
          pool_family(),
          matmul_family(),
          normalization_family(),
          quantization_family(),
          resize_family(),
          recurrent_family(),
          creation_family(),
          image_pattern_family(),
          transformer_pattern_family(),
          contrib_family(),
          contrib_quantized_family(),
          dynamic_family(),
          rarer_family(),
          text_family(),
          classical_family(),
          body_family(),
          decoder_family()};
}

Case generate(std::uint64_t seed) {
  Builder builder(seed);
  const std::vector<Family> families = all_families();
  const std::int64_t steps = builder.chance(50) ? 1 : builder.between(2, 8);
  if (steps == 1) builder.set_alone();
  const Family* favourite = &families[builder.random().below(families.size())];
  for (std::int64_t step = 0; step < steps; ++step) {
    const Family& family = step == 0 || builder.chance(30)
                               ? *favourite
                               : families[builder.random().below(families.size())];
    const auto generator = family.generators[builder.random().below(family.generators.size())];
    if (!builder.add(generator)) break;
    builder.grow();
  }
  return builder.finish();
}

}  // namespace headway::differential
