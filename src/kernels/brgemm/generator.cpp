#include "kernels/brgemm/generator.h"

#if defined(__x86_64__)

#include <cstddef>

#include <xbyak/xbyak.h>

namespace headway {
namespace {

constexpr std::size_t kCodeBytes = 4096;
constexpr int kCoefficients = 3;

/// Emits one tile. Registers: the sums first, then one vector per column vector of B, then the
/// broadcasts of A, which alternate so that a load need not wait for the products before it.
class Generator final : public Xbyak::CodeGenerator, public BrgemmCode {
 public:
  Generator(const BrgemmShape& shape, int width)
      : CodeGenerator(kCodeBytes, Xbyak::AutoGrow), shape_(shape), width_(width) {
    load_arguments();
    if (shape_.fetch_c) fetch_output();
    clear_sums();
    multiply();
    finish();
    if (shape_.differences != 0) {
      for (const Xbyak::Reg64& saved : {difference_, y_, x_}) pop(saved);
    }
    for (int run = 1; run >= 0; --run) {
      if (shape_.prefetch[run] != 0) pop(prefetch_[run]);
    }
    vzeroupper();
    ret();
    if (width_ == 8 && shape_.last_columns != 0) mask_table();
    readyRE();
  }

  void (*entry() const noexcept)(const BrgemmCall*) override {
    return getCode<void (*)(const BrgemmCall*)>();
  }

 private:
  int vectors() const { return shape_.vectors; }
  int b_vectors() const { return shape_.at_points ? kCoefficients : vectors(); }
  int registers() const { return width_ == 16 ? 32 : 16; }

  Xbyak::Xmm vector(int index) const {
    if (width_ == 16) return Xbyak::Zmm(index);
    return Xbyak::Ymm(index);
  }
  Xbyak::Xmm sum(int row, int v) const { return vector(row * vectors() + v); }
  Xbyak::Xmm b_vector(int v) const { return vector(shape_.rows * vectors() + v); }
  Xbyak::Xmm broadcast(int row) const {
    const int first = (shape_.rows + 1) * vectors();
    return vector(first + row % (registers() - first));
  }

  Xbyak::Address argument(std::size_t offset) { return ptr[rdi + static_cast<int>(offset)]; }

  static int bytes(std::int64_t floats) { return static_cast<int>(floats) * 4; }

  int a_row(int row) const {
    return bytes(row / shape_.line_rows * shape_.a_line_stride +
                 row % shape_.line_rows * shape_.a_row_stride);
  }
  int c_vector(int row, int v) const {
    return bytes(row / shape_.line_rows * shape_.c_line_stride +
                 row % shape_.line_rows * shape_.c_row_stride + v * shape_.c_vector_stride);
  }

  void load_arguments() {
    mov(a_, argument(offsetof(BrgemmCall, a)));
    mov(offsets_, argument(offsetof(BrgemmCall, a_offsets)));
    mov(left_, argument(offsetof(BrgemmCall, batch)));
    mov(b_, argument(offsetof(BrgemmCall, b)));
    for (int run = 0; run < 2; ++run) {
      if (shape_.prefetch[run] == 0) continue;
      push(prefetch_[run]);
      mov(prefetch_[run], argument(offsetof(BrgemmCall, prefetch) + run * sizeof(float*)));
    }
    if (shape_.differences != 0) {
      for (const Xbyak::Reg64& saved : {x_, y_, difference_}) push(saved);
      mov(x_, argument(offsetof(BrgemmCall, x)));
      mov(y_, argument(offsetof(BrgemmCall, y)));
      mov(difference_, argument(offsetof(BrgemmCall, difference)));
    }
    mov(c_, argument(offsetof(BrgemmCall, c)));
    if (shape_.residual) mov(residual_, argument(offsetof(BrgemmCall, residual)));
    if (shape_.bias) mov(bias_, argument(offsetof(BrgemmCall, bias)));
    if (shape_.at_points) mov(factors_, argument(offsetof(BrgemmCall, line_factors)));
  }

  /// Deep tiles leave time to fetch what they will write.
  void fetch_output() {
    for (int row = 0; row < shape_.rows; ++row) {
      for (int v = 0; v < vectors(); ++v) prefetchw(ptr[c_ + c_vector(row, v)]);
    }
  }

  void clear(const Xbyak::Xmm& v) {
    if (width_ == 16) {
      vpxord(v, v, v);
    } else {
      vxorps(v, v, v);
    }
  }

  void clear_sums() {
    for (int v = 0; v < vectors(); ++v) {
      if (shape_.bias) {
        vmovups(sum(0, v), ptr[bias_ + bytes(v * width_)]);
      } else {
        clear(sum(0, v));
      }
    }
    for (int row = 1; row < shape_.rows; ++row) {
      for (int v = 0; v < vectors(); ++v) vmovaps(sum(row, v), sum(0, v));
    }
  }

  void multiply() {
    Xbyak::Label next;
    align(32);
    L(next);
    mov(row_, ptr[offsets_]);
    add(row_, a_);
    for (int k = 0; k < shape_.k; ++k) {
      multiply_step(k);
      prefetch(k);
      subtract(k);
    }
    add(offsets_, 8);
    add(b_, bytes(static_cast<std::int64_t>(shape_.k) * b_vectors() * width_));
    dec(left_);
    jnz(next, T_NEAR);
  }

  /// Its share of the lines, so that they come evenly.
  void prefetch(int k) {
    for (int run = 0; run < 2; ++run) {
      const int lines = shape_.prefetch[run];
      for (int i = lines * k / shape_.k; i < lines * (k + 1) / shape_.k; ++i) {
        prefetcht0(ptr[prefetch_[run] + 64 * i]);
      }
      if (lines != 0 && k == shape_.k - 1) add(prefetch_[run], 64 * lines);
    }
  }

  /// Loads, additions and stores that the products leave room for.
  void subtract(int k) {
    const int count = shape_.differences;
    const Xbyak::Xmm value = vector(registers() - 1);
    for (int i = count * k / shape_.k; i < count * (k + 1) / shape_.k; ++i) {
      vmovups(value, ptr[x_ + bytes(i * width_)]);
      vsubps(value, value, ptr[y_ + bytes(i * width_)]);
      vmovups(ptr[difference_ + bytes(i * width_)], value);
    }
    if (count == 0 || k != shape_.k - 1) return;
    for (const Xbyak::Reg64& place : {x_, y_, difference_}) add(place, bytes(count * width_));
  }

  /// One row uses each vector of B once, so it need not be in a register.
  void multiply_row_step(int k) {
    const Xbyak::Xmm factor = vector(registers() - 1 - k % 2);
    vbroadcastss(factor, ptr[row_ + bytes(k)]);
    for (int v = 0; v < vectors(); ++v) {
      vfmadd231ps(sum(0, v), factor, ptr[b_ + bytes((k * vectors() + v) * width_)]);
    }
  }

  /// One line of rows.
  void multiply_line(int line, int k, const Xbyak::Xmm& b) {
    for (int row = line * shape_.line_rows; row < (line + 1) * shape_.line_rows; ++row) {
      vfmadd231ps(sum(row, 0), b, ptr_b[row_ + a_row(row) + bytes(k)]);
    }
  }

  /// Only additions make a polynomial's values, as the multipliers have enough to do.
  void multiply_points_step(int k) {
    const Xbyak::Xmm a = b_vector(0), b = b_vector(1), c = b_vector(2);
    const Xbyak::Xmm minus = vector(registers() - 1), plus = vector(registers() - 2);
    for (int i = 0; i < kCoefficients; ++i) {
      vmovups(b_vector(i), ptr[b_ + bytes((k * kCoefficients + i) * width_)]);
    }
    const auto both = [&](int line) {
      vaddps(plus, minus, b);
      vsubps(minus, minus, b);
      multiply_line(line, k, plus);
      multiply_line(line + 1, k, minus);
    };
    multiply_line(0, k, a);
    multiply_line(3, k, c);
    vaddps(minus, a, c);
    both(1);
    vaddps(b, b, b);
    vaddps(c, c, c);
    vaddps(c, c, c);
    vaddps(minus, a, c);
    both(4);
  }

  void multiply_step(int k) {
    if (shape_.at_points) return multiply_points_step(k);
    if (shape_.rows == 1) return multiply_row_step(k);
    for (int v = 0; v < vectors(); ++v) {
      vmovups(b_vector(v), ptr[b_ + bytes((k * vectors() + v) * width_)]);
    }
    for (int row = 0; row < shape_.rows; ++row) {
      const int offset = a_row(row) + bytes(k);
      if (vectors() == 1 && width_ == 16) {
        vfmadd231ps(sum(row, 0), b_vector(0), ptr_b[row_ + offset]);
        continue;
      }
      vbroadcastss(broadcast(row), ptr[row_ + offset]);
      for (int v = 0; v < vectors(); ++v) vfmadd231ps(sum(row, v), broadcast(row), b_vector(v));
    }
  }

  /// From here on B's registers and the broadcasts' are free.
  Xbyak::Xmm low() const { return vector(shape_.rows * vectors()); }
  Xbyak::Xmm high() const { return vector(shape_.rows * vectors() + 1); }
  Xbyak::Xmm mask() const { return vector(registers() - 1); }
  bool is_partial(int v) const { return v == vectors() - 1 && shape_.last_columns != 0; }

  void finish() {
    prepare_activation();
    if (shape_.last_columns != 0) prepare_mask();
    if (shape_.addend) mov(addend_, argument(offsetof(BrgemmCall, addend)));
    for (int row = 0; row < shape_.rows; ++row) {
      for (int v = 0; v < vectors(); ++v) finish_vector(row, v);
    }
  }

  void prepare_activation() {
    if (shape_.activation == BrgemmActivation::kRelu) clear(low());
    if (shape_.activation == BrgemmActivation::kClip) {
      vbroadcastss(low(), argument(offsetof(BrgemmCall, low)));
      vbroadcastss(high(), argument(offsetof(BrgemmCall, high)));
    }
  }

  void prepare_mask() {
    if (width_ == 16) {
      mov(eax, (1 << shape_.last_columns) - 1);
      kmovw(k1, eax);
      return;
    }
    lea(rax, ptr[rip + mask_bits_]);
    vmovups(mask(), ptr[rax + bytes(width_ - shape_.last_columns)]);
  }

  void mask_table() {
    align(32);
    L(mask_bits_);
    for (int i = 0; i < 2 * width_; ++i) dd(i < width_ ? 0xffffffff : 0);
  }

  /// v += memory, of which only the wanted columns may be touched. Needs `spare` where it is AVX2.
  void add_memory(const Xbyak::Xmm& v, const Xbyak::Address& memory, bool partial,
                  const Xbyak::Xmm& spare) {
    if (!partial) {
      vaddps(v, v, memory);
    } else if (width_ == 16) {
      vaddps(v | k1, v, memory);
    } else {
      vmaskmovps(spare, mask(), memory);
      vaddps(v, v, spare);
    }
  }

  void finish_vector(int row, int v) {
    const Xbyak::Xmm value = sum(row, v);
    const int offset = c_vector(row, v);
    const bool partial = is_partial(v);
    // AVX2 tiles leave four registers: two bounds, the mask, and this one.
    const Xbyak::Xmm spare = vector(registers() - 2);
    if (shape_.at_points) vmulps(value, value, ptr_b[factors_ + 4 * (row / shape_.line_rows)]);
    if (shape_.accumulate) add_memory(value, ptr[c_ + offset], partial, spare);
    if (shape_.residual) add_memory(value, ptr[residual_ + offset], partial, spare);
    if (shape_.addend) {
      const int at = bytes(row * shape_.addend_row_stride + v * width_);
      vaddps(value, value, ptr[addend_ + at]);
    }
    // The second source is what comes out if either is NaN.
    if (shape_.activation != BrgemmActivation::kNone) vmaxps(value, low(), value);
    if (shape_.activation == BrgemmActivation::kClip) vminps(value, high(), value);
    if (!partial) {
      vmovups(ptr[c_ + offset], value);
    } else if (width_ == 16) {
      vmovups(ptr[c_ + offset] | k1, value);
    } else {
      vmaskmovps(ptr[c_ + offset], mask(), value);
    }
  }

  BrgemmShape shape_;
  int width_;
  Xbyak::Reg64 a_ = rsi, offsets_ = rdx, left_ = rcx, b_ = r8, c_ = r9, residual_ = r10,
               bias_ = r11, row_ = rax, prefetch_[2] = {rbx, rbp}, x_ = r12, y_ = r13,
               difference_ = r14, addend_ = rsi, factors_ = r11;
  Xbyak::Label mask_bits_;
};

}  // namespace

std::unique_ptr<BrgemmCode> generate_brgemm(const BrgemmShape& shape, int width) {
  if (width != 8 && width != 16) return nullptr;
  if (shape.at_points && width != 16) return nullptr;  // There are too few registers.
  try {
    return std::make_unique<Generator>(shape, width);
  } catch (const Xbyak::Error&) {
    return nullptr;
  }
}

}  // namespace headway

#else

namespace headway {

std::unique_ptr<BrgemmCode> generate_brgemm(const BrgemmShape&, int) {
  return nullptr;
}

}  // namespace headway

#endif
