#pragma once

#include <cstdint>

namespace headway {

/// Left operands of the seven products of Strassen's algorithm with Winograd's sums, in the order
/// they are packed in: A11, A12, A22, S1 = A21 + A22, S2 = S1 - A11, S3 = A11 - A21, S4 = A12 - S2.
enum StrassenLeft { kA11, kA12, kA22, kS1, kS2, kS3, kS4, kStrassenProducts };

/// Rows of the left operand on their way to the left operands of the seven products.
struct StrassenRows {
  const float* a = nullptr;         ///< Row 0, the first of the upper half, and its first k of A11.
  std::int64_t stride = 0;          ///< From one row to the next.
  std::int64_t upper = 0;           ///< Rows of A11; those of A21 follow.
  std::int64_t lower = 0;           ///< Rows of A21, as many or one less: then it has zeros there.
  std::int64_t depth = 0;           ///< Columns of A11 and of A12, whole chunks of kRowChunk.
  float* packed = nullptr;          ///< As pack_row_tile packs, one operand after the other,
  std::int64_t operand_stride = 0;  ///< so far apart.
};

/// What remains of two quarters of C when three products are known: C22 = [C22] + bias + residual +
/// U3 + P5, and P5 becomes U4 = U2 + P5.
struct StrassenQuarter {
  const float *u2 = nullptr, *u3 = nullptr;  ///< [rows of the upper half × columns], like
  float* p5 = nullptr;
  std::int64_t upper = 0, lower = 0;  ///< As in StrassenRows.
  std::int64_t columns = 0;           ///< Whole vectors.
  float* c = nullptr;                 ///< First element of C22.
  std::int64_t stride = 0;            ///< From one row of C, and of the residual, to the next.
  bool accumulate = false;
  const float* bias = nullptr;      ///< Or none.
  const float* residual = nullptr;  ///< Laid out like C, and may be C; or none.
};

}  // namespace headway
