#pragma once

#include <optional>
#include <string>

#include "backends/opencl/commands.h"
#include "backends/opencl/walk.h"

namespace headway::opencl {

/// Elements to be copied from one strided place to another; axes from the outermost on.
struct StridedCopy {
  Shape extents, from_strides, to_strides;
  std::size_t element_size = 0;
  std::int64_t from_offset = 0, to_offset = 0;  ///< Of the first element, in elements.
};

/// How a device does such a copy.
class Copier {
 public:
  /// nullopt if it has too many axes.
  static std::optional<Copier> of(const StridedCopy& copy, const Device& device);

  void record(Commands& commands, const Buffer& from, const Buffer& to) const;

 private:
  /// Two axes that change places: tiles of them go through local memory.
  struct Swap {
    cl_int columns, rows, from_column_stride, to_row_stride;
    Walk others;
    std::size_t batches;
  };

  void widen();
  std::optional<Swap> swap() const;

  Walk walk_;
  std::size_t element_size_ = 0;
  std::int64_t from_offset_ = 0, to_offset_ = 0;
  std::optional<Swap> swap_;
};

}  // namespace headway::opencl
