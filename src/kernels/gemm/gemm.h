#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/context.h"
#include "kernels/epilogue.h"
#include "kernels/gemm/panels.h"

namespace headway {

/// C[m×n] = alpha · op(A)[m×k] · op(B)[k×n], `batch` times. All matrices are row-major; op
/// transposes, so a transposed A is stored as [k×m].
struct GemmShape {
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  bool transpose_a = false;
  bool transpose_b = false;
  float alpha = 1;
  std::int64_t batch = 1;
  std::int64_t stride_a = 0;  ///< Elements from one A to the next; 0 uses the same one again.
  std::int64_t stride_b = 0;
  std::int64_t stride_c = 0;
};

/// A matrix product planned for one shape and one instruction set. Immutable; holds no memory.
class Gemm {
 public:
  Gemm(const GemmShape& shape, const InnerLoops& loops) noexcept;

  /// Floats that pack_b writes; independent of m and batch, and so is what it writes.
  std::size_t packed_b_size() const noexcept;
  /// Rearranges one B, for run_packed. `packed` should be 64-byte aligned.
  void pack_b(const float* b, float* packed) const noexcept;

  /// Bytes of scratch memory that run (or run_packed) needs with that many threads; 64-byte
  /// aligned.
  std::size_t scratch_bytes(int threads, bool b_is_packed) const noexcept;

  /// The epilogue's bias has n elements; its residual lies like C. With a packed B, stride_b must
  /// be 0.
  void run_packed(const KernelContext& context, const float* a, const float* packed_b,
                  const Epilogue& epilogue, float* c, void* scratch) const noexcept;
  void run(const KernelContext& context, const float* a, const float* b, const Epilogue& epilogue,
           float* c, void* scratch) const noexcept;

 private:
  void run_packed(const KernelContext& context, const float* a, const float* packed_b,
                  std::int64_t packed_stride, const Epilogue& epilogue, float* c,
                  float* scratch) const noexcept;

  GemmShape shape_;
  Panels panels_;
  const InnerLoops* loops_;
};

}  // namespace headway
