#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "kernels/brgemm/tile.h"
#include "kernels/inner_loops.h"

namespace headway {

inline constexpr int kMaxBrgemmVectors = 8;

/// The highest tile of that many vectors whose sums stay in registers.
int max_brgemm_rows(int vectors, const InnerLoops& loops) noexcept;

/// A tile of one shape made for this machine. Cheap to copy; valid as long as its BrgemmSet.
class Brgemm {
 public:
  Brgemm() = default;

  void operator()(const BrgemmCall& call) const noexcept {
    if (code_ != nullptr) {
      code_(&call);
    } else {
      loops_->brgemm(*shape_, call);
    }
  }

 private:
  friend class BrgemmSet;
  using Code = void (*)(const BrgemmCall*);

  Code code_ = nullptr;
  const BrgemmShape* shape_ = nullptr;
  const InnerLoops* loops_ = nullptr;
};

/// Makes tiles and keeps their code. Where the processor has AVX2 or AVX-512 and the system allows
/// memory to become executable, the code is generated; otherwise the compiled loops of the
/// instruction set do the same. Thread-safe.
class BrgemmSet {
 public:
  explicit BrgemmSet(const InnerLoops& loops);
  ~BrgemmSet();
  BrgemmSet(const BrgemmSet&) = delete;
  BrgemmSet& operator=(const BrgemmSet&) = delete;

  const InnerLoops& loops() const noexcept { return loops_; }
  Brgemm get(const BrgemmShape& shape);

 private:
  struct Generated;

  const InnerLoops& loops_;
  std::mutex mutex_;
  std::map<BrgemmShape, std::unique_ptr<Generated>> tiles_;
};

}  // namespace headway
