#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "headway/tensor.h"

#include "kernels/range.h"

namespace headway {

class ThreadPool;

/// How a constant is rearranged for a kernel.
struct Packing {
  std::string layout;      ///< Must name everything the result depends on besides the elements.
  std::size_t floats = 0;  ///< Of the result.
  /// Rows that the source consists of, and how many of them, or multiples, can be packed alone.
  std::int64_t rows = 1, step = 1;
  /// Packs some rows, `source` being the first of them; `packed` is where all of the result goes,
  /// 64-byte aligned. Called for different rows by several threads at once.
  std::function<void(const float* source, Range rows, float* packed)> pack;
};

/// The weights of a program in the layouts its kernels want. Thread-safe.
class PackedWeights {
 public:
  /// `keep`: weights that are asked for again are packed only once per layout, and the originals,
  /// by whose address they are known, stay alive. For several plans of the same weights, and to
  /// save them.
  explicit PackedWeights(bool keep) : keep_(keep) {}

  /// `source` as `packing` lays it out, 64-byte aligned; the memory of a mapped source is given
  /// back to the system as it is packed. Throws Error(kUnsupported) if the elements of `source` are
  /// absent and nobody has put that layout.
  Tensor get(const Tensor& source, const Packing& packing, ThreadPool& pool);

  /// Says that nothing more will be packed for now, for memory to be let go.
  void finish();

  /// What get() is to return for `source` from now on.
  void put(const Tensor& source, const std::string& layout, Tensor packed);

  /// Says that `source` is an address only, which must not be read.
  void set_absent(const Tensor& source);

  /// Says that a step will read the elements of `source` as they are. Throws Error(kUnsupported) if
  /// they are absent.
  void read_in_place(const Tensor& source);
  /// Whether a step will, as far as weights are kept.
  bool is_read_in_place(const Tensor& source) const;

  struct Packed {
    std::string layout;
    Tensor elements;
  };
  /// Everything that is kept of `source`, by layout.
  std::vector<Packed> of(const Tensor& source) const;

  std::size_t byte_size() const;

 private:
  struct Entry {
    Tensor source, packed;
  };

  /// What a source is packed in: `count` parts of `steps` steps of rows.
  struct Pieces {
    std::int64_t steps = 1, count = 1;
    std::size_t row_bytes = 0;
    std::vector<Tensor> buffers;  ///< One per thread, for copies of a source at an odd address.
  };

  Tensor allocate(std::size_t floats);
  Pieces cut(const Tensor& source, const Packing& packing, int threads);
  Tensor take_buffer(std::size_t bytes);

  bool keep_;
  mutable std::mutex mutex_;
  std::map<std::pair<const void*, std::string>, Entry> entries_;
  std::unordered_set<const void*> absent_, read_in_place_;
  std::size_t bytes_ = 0;
  Tensor block_;  ///< Memory for the next tensors, from block_used_ on.
  std::size_t block_used_ = 0;
  std::vector<Tensor> buffers_;  ///< For copies of the next sources that lie at odd addresses.
};

}  // namespace headway
