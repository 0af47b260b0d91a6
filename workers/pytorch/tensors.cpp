#include "pytorch/tensors.h"

#include <memory>
#include <utility>

#include "base/error.h"

namespace headway::workers {
namespace {

constexpr std::pair<DType, at::ScalarType> kScalarTypes[] = {
    {DType::kFloat32, at::kFloat}, {DType::kFloat64, at::kDouble},
    {DType::kFloat16, at::kHalf},  {DType::kBFloat16, at::kBFloat16},
    {DType::kInt8, at::kChar},     {DType::kUInt8, at::kByte},
    {DType::kInt16, at::kShort},   {DType::kInt32, at::kInt},
    {DType::kInt64, at::kLong},    {DType::kBool, at::kBool},
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 3)
    {DType::kUInt16, at::kUInt16}, {DType::kUInt32, at::kUInt32},
    {DType::kUInt64, at::kUInt64},
#endif
};

at::ScalarType scalar_type_of(DType dtype) {
  for (const auto& [known, scalar_type] : kScalarTypes) {
    if (known == dtype) return scalar_type;
  }
  fail(ErrorCode::kUnsupported, "PyTorch " TORCH_VERSION " has no tensors of ", name_of(dtype));
}

DType dtype_of(at::ScalarType scalar_type) {
  for (const auto& [dtype, known] : kScalarTypes) {
    if (known == scalar_type) return dtype;
  }
  fail(ErrorCode::kUnsupported, "the model returned a tensor of PyTorch's type ",
       c10::toString(scalar_type), ", which Headway does not have");
}

class Flattener {
 public:
  std::vector<bench::NamedTensor> take() { return std::move(tensors_); }

  void add(const c10::IValue& value, const std::string& name) {
    if (value.isTensor()) {
      tensors_.push_back({name, to_host(value.toTensor())});
    } else if (value.isTuple()) {
      add_tuple(value, name);
    } else if (value.isTensorList()) {
      std::size_t index = 0;
      for (const at::Tensor& tensor : value.toTensorVector()) add(tensor, numbered(name, index++));
    } else if (value.isList()) {
      std::size_t index = 0;
      for (const c10::IValue& element : value.toListRef()) add(element, numbered(name, index++));
    } else if (value.isGenericDict()) {
      for (const auto& entry : value.toGenericDict()) {
        add(entry.value(), entry.key().isString() ? entry.key().toStringRef() : name);
      }
    } else {
      fail(ErrorCode::kUnsupported, "the model returned a ", value.tagKind(), " as '", name,
           "'; only tensors, and tuples, lists and dictionaries of them, can be compared");
    }
  }

 private:
  static std::string numbered(const std::string& name, std::size_t index) {
    return concat(name, "_", index);
  }

  void add_tuple(const c10::IValue& value, const std::string& name) {
    const auto tuple = value.toTuple();
    const auto& schema = tuple->type<c10::TupleType>()->schema();
    for (std::size_t index = 0; index < tuple->elements().size(); ++index) {
      const c10::IValue& element = tuple->elements()[index];
      add(element, schema ? schema->arguments()[index].name() : numbered(name, index));
    }
  }

  std::vector<bench::NamedTensor> tensors_;
};

}  // namespace

at::Tensor view_of(const Tensor& tensor) {
  return at::from_blob(const_cast<void*>(tensor.raw()), tensor.shape(),
                       at::TensorOptions(scalar_type_of(tensor.dtype())));
}

Tensor to_host(const at::Tensor& tensor) {
  auto dense = std::make_shared<at::Tensor>(tensor.to(at::kCPU).contiguous());
  const DType dtype = dtype_of(dense->scalar_type());
  Shape shape(dense->sizes().begin(), dense->sizes().end());
  if (dense->numel() == 0) return Tensor::allocate(dtype, std::move(shape));
  void* data = dense->data_ptr();
  return Tensor::borrow(data, dtype, std::move(shape), std::move(dense));
}

std::vector<bench::NamedTensor> flatten(const c10::IValue& result) {
  Flattener flattener;
  flattener.add(result, "output");
  return flattener.take();
}

}  // namespace headway::workers
