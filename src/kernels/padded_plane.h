#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/slide_axis.h"

namespace headway {

/// A copy of one image plane for kernels that slide over it: padded, and its columns sorted by
/// their phase of the horizontal stride, so that each tap of the kernel reads contiguous elements
/// along an output row.
class PaddedPlane {
 public:
  /// Rows may be read up to the output's width rounded up to `vector` elements.
  PaddedPlane(const SlideAxis& height, const SlideAxis& width, int vector) noexcept;

  int taps() const noexcept { return static_cast<int>(height_.kernel * width_.kernel); }
  /// Bytes of scratch memory: the plane and one pointer per tap. A multiple of 64.
  std::size_t scratch_bytes() const noexcept;

  /// Copies `image` into `scratch`, with `fill` around it.
  void fill(const float* image, float fill, void* scratch) const noexcept;
  /// Per tap, where output row `out_y` reads; valid until the next call with this scratch.
  const float* const* rows(std::int64_t out_y, void* scratch) const noexcept;

 private:
  float* plane(void* scratch) const noexcept;
  void fill_row(const float* row, float fill, float* to) const noexcept;

  SlideAxis height_, width_;
  std::int64_t phase_width_, row_stride_, rows_;
};

}  // namespace headway
