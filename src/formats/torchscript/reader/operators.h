#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/torchscript/reader/recorder.h"

namespace headway::script {

class Call;

/// What an operator of ATen (or of prim, or torchvision) becomes.
struct AtenOperator {
  std::string_view name;
  /// Its arguments in order, with the defaults that the serialized program leaves out:
  /// "self, dim=-1, keepdim=False".
  std::string_view arguments;
  IValue (*convert)(Call& call);

  /// Which argument is called that; -1 if none is.
  int position(std::string_view argument) const;
};

std::span<const AtenOperator> convolution_operators();
std::span<const AtenOperator> pooling_operators();
std::span<const AtenOperator> normalization_operators();
std::span<const AtenOperator> activation_operators();
std::span<const AtenOperator> elementwise_operators();
std::span<const AtenOperator> comparison_operators();
std::span<const AtenOperator> reduction_operators();
std::span<const AtenOperator> product_operators();
std::span<const AtenOperator> attention_operators();
std::span<const AtenOperator> shape_operators();
std::span<const AtenOperator> view_operators();
std::span<const AtenOperator> join_operators();
std::span<const AtenOperator> index_operators();
std::span<const AtenOperator> creation_operators();
std::span<const AtenOperator> write_operators();
std::span<const AtenOperator> resize_operators();
std::span<const AtenOperator> bag_operators();
std::span<const AtenOperator> scatter_operators();
std::span<const AtenOperator> detection_operators();
std::span<const AtenOperator> recurrent_operators();
std::span<const AtenOperator> core_operators();

/// nullptr if it is not known.
const AtenOperator* find_aten_operator(std::string_view name);

/// Operators on what is no tensor; nullopt if there is none for these arguments.
std::optional<IValue> call_scalar_operator(Recorder& recorder, std::string_view name,
                                           const std::vector<IValue>& arguments);

/// Calls an operator by its name without namespace. Throws Error(kUnsupported) naming it if it is
/// not known.
IValue call_operator(Recorder& recorder, const std::string& name, std::vector<IValue> arguments,
                     KeywordArguments keywords);

}  // namespace headway::script
