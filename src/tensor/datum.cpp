#include "headway/datum.h"

#include "base/error.h"

namespace headway {

Datum Datum::sequence(DType dtype, std::vector<Tensor> elements) {
  for (const Tensor& element : elements) {
    if (element.defined() && element.dtype() == dtype) continue;
    fail(ErrorCode::kInvalidArgument, "a sequence of ", name_of(dtype), " tensors was given ",
         Datum(element).described());
  }
  Datum datum;
  datum.value_ = Sequence{dtype, std::make_shared<const std::vector<Tensor>>(std::move(elements))};
  return datum;
}

const Tensor& Datum::tensor() const {
  if (!is_tensor())
    fail(ErrorCode::kInvalidArgument, "a tensor is needed, but there is ", described());
  return std::get<Tensor>(value_);
}

std::span<const Tensor> Datum::elements() const {
  if (!is_sequence())
    fail(ErrorCode::kInvalidArgument, "a sequence is needed, but there is ", described());
  return *std::get<Sequence>(value_).elements;
}

DType Datum::dtype() const {
  return is_sequence() ? std::get<Sequence>(value_).dtype : tensor().dtype();
}

Datum Datum::clone() const {
  if (is_tensor()) return tensor().clone();
  if (is_nothing()) return {};
  std::vector<Tensor> copies;
  for (const Tensor& element : elements()) copies.push_back(element.clone());
  return sequence(dtype(), std::move(copies));
}

std::string Datum::described() const {
  if (is_nothing()) return "nothing";
  if (is_sequence())
    return concat("a sequence of ", elements().size(), ' ', name_of(dtype()), " tensors");
  return concat("a ", name_of(dtype()), " tensor of shape ", to_string(tensor().shape()));
}

}  // namespace headway
