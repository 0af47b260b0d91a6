#include "headway/tensor.h"

#include <cstdlib>
#include <cstring>
#include <memory>

#include <sys/mman.h>

#include "base/error.h"
#include "tensor/cast.h"
#include "tensor/copy.h"

namespace headway {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kHugePage = std::size_t{1} << 21;

/// nullptr if there is no memory. What fills huge pages is asked to lie in them: it is then mapped
/// on first use several times as fast.
void* allocate_aligned(std::size_t bytes) noexcept {
  const std::size_t alignment = bytes < kHugePage ? kAlignment : kHugePage;
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, std::max<std::size_t>(bytes, 1)) != 0) return nullptr;
  if (bytes >= kHugePage) madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
  return memory;
}

/// The elements of a string tensor, which must be destroyed.
class StringBlock {
 public:
  StringBlock(void* memory, std::size_t size)
      : strings_(static_cast<std::string*>(memory), std::free), size_(size) {
    std::uninitialized_value_construct_n(strings_.get(), size_);
  }
  ~StringBlock() { std::destroy_n(strings_.get(), size_); }
  StringBlock(const StringBlock&) = delete;
  StringBlock& operator=(const StringBlock&) = delete;

 private:
  std::unique_ptr<std::string, decltype(&std::free)> strings_;
  std::size_t size_;
};

std::shared_ptr<const void> own(void* memory, DType dtype, std::int64_t size) {
  if (dtype == DType::kString)
    return std::make_shared<StringBlock>(memory, static_cast<std::size_t>(size));
  return {memory, [](const void* p) { std::free(const_cast<void*>(p)); }};
}

}  // namespace

std::int64_t num_elements(const Shape& shape) {
  std::int64_t product = 1;
  bool empty = false;
  for (const std::int64_t extent : shape) {
    if (extent < 0)
      fail(ErrorCode::kInvalidArgument, "shape ", to_string(shape), " has a negative extent");
    if (extent == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(product, extent, &product)) {
      fail(ErrorCode::kInvalidArgument, "shape ", to_string(shape),
           " has more elements than fit in 64 bits");
    }
  }
  return empty ? 0 : product;
}

std::string to_string(const Shape& shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (const std::int64_t extent : shape) {
    if (!text.empty()) text += 'x';
    text += std::to_string(extent);
  }
  return text;
}

Tensor Tensor::allocate(DType dtype, Shape shape) {
  const std::int64_t size = num_elements(shape);
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<std::size_t>(size), size_of(dtype), &bytes) ||
      bytes > std::size_t{1} << 62) {
    fail(ErrorCode::kOutOfMemory, "a ", name_of(dtype), " tensor of shape ", to_string(shape),
         " exceeds the address space");
  }
  void* memory = allocate_aligned(bytes);
  if (memory == nullptr) {
    fail(ErrorCode::kOutOfMemory, "cannot allocate ", bytes, " bytes for a ", name_of(dtype),
         " tensor of shape ", to_string(shape));
  }
  return borrow(memory, dtype, std::move(shape), own(memory, dtype, size));
}

Tensor Tensor::zeros(DType dtype, Shape shape) {
  Tensor tensor = allocate(dtype, std::move(shape));
  if (dtype != DType::kString) std::memset(tensor.raw(), 0, tensor.byte_size());
  return tensor;
}

Tensor Tensor::borrow(void* data, DType dtype, Shape shape, std::shared_ptr<const void> owner) {
  Tensor tensor;
  tensor.size_ = num_elements(shape);
  // The null pointer of an empty buffer would look like an undefined tensor.
  if (data == nullptr && tensor.size_ == 0) return allocate(dtype, std::move(shape));
  tensor.owner_ = std::move(owner);
  tensor.data_ = data;
  tensor.dtype_ = dtype;
  tensor.shape_ = std::move(shape);
  return tensor;
}

Tensor Tensor::clone() const {
  Tensor copy = allocate(dtype_, shape_);
  copy_elements(*this, copy);
  return copy;
}

Tensor Tensor::reshaped(Shape shape) const {
  if (num_elements(shape) != size_) {
    fail(ErrorCode::kInvalidArgument, "cannot view a tensor of shape ", to_string(shape_), " as ",
         to_string(shape), ": the element counts differ");
  }
  return borrow(data_, dtype_, std::move(shape), owner_);
}

Tensor Tensor::to(DType dtype) const {
  return cast(*this, dtype);
}

void Tensor::check_access(DType wanted, std::size_t alignment) const {
  if (wanted != dtype_) {
    fail(ErrorCode::kInvalidArgument, "a ", name_of(dtype_), " tensor was accessed as ",
         name_of(wanted));
  }
  if (reinterpret_cast<std::uintptr_t>(data_) % alignment != 0) {
    fail(ErrorCode::kInvalidArgument, "a ", name_of(dtype_), " tensor of shape ", to_string(shape_),
         " is not aligned to its element size; clone() it first");
  }
}

void Tensor::check_count(std::size_t values) const {
  if (values != static_cast<std::size_t>(size_)) {
    fail(ErrorCode::kInvalidArgument, "a tensor of shape ", to_string(shape_), " holds ", size_,
         " elements, but ", values, " were given");
  }
}

}  // namespace headway
