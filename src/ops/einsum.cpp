#include "ops/einsum.h"

#include <algorithm>
#include <map>

#include "ops/broadcast.h"
#include "ops/dims.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"
#include "ops/strided.h"

namespace headway {
namespace {

using Label = EinsumLabel;
using Term = EinsumTerm;
using Equation = EinsumEquation;

/// Plus the distance of an axis covered by "..." from the last such axis.
constexpr Label kEllipsis = 256;

[[noreturn]] void refuse(const Node& node, const std::string& why) {
  fail(ErrorCode::kInvalidModel, node.described(), ": the equation '",
       node.get_string("equation", ""), "' ", why);
}

/// Letters of one term; "..." becomes the single label kEllipsis.
Term parse_term(const Node& node, std::string_view text) {
  Term term;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      term.push_back(c);
    } else if (text.substr(i, 3) == "..." && std::ranges::count(term, kEllipsis) == 0) {
      term.push_back(kEllipsis);
      i += 2;
    } else {
      refuse(node, concat("contains '", c, "' where a letter or one ... should be"));
    }
  }
  return term;
}

std::vector<Term> parse_terms(const Node& node, std::string_view text) {
  std::vector<Term> terms;
  while (true) {
    const std::size_t comma = text.find(',');
    terms.push_back(parse_term(node, text.substr(0, comma)));
    if (comma == std::string_view::npos) return terms;
    text.remove_prefix(comma + 1);
  }
}

/// Replaces kEllipsis by one label per axis.
Term spread_ellipsis(const Term& term, std::size_t axes) {
  Term result;
  for (const Label label : term) {
    if (label != kEllipsis) {
      result.push_back(label);
      continue;
    }
    for (std::size_t i = axes; i-- > 0;) result.push_back(kEllipsis + static_cast<Label>(i));
  }
  return result;
}

/// Without "->", the output has the ellipsis and then the letters that appear once, sorted.
Term implicit_output(const std::vector<Term>& inputs) {
  std::map<Label, int> counts;
  for (const Term& term : inputs) {
    for (const Label label : term) ++counts[label];
  }
  Term output;
  if (counts.contains(kEllipsis)) output.push_back(kEllipsis);
  for (const auto& [label, count] : counts) {
    if (label != kEllipsis && count == 1) output.push_back(label);
  }
  return output;
}

}  // namespace

EinsumEquation einsum_equation(const Node& node, std::span<const std::size_t> ranks) {
  std::string text = node.get_string("equation", "");
  std::erase(text, ' ');
  const std::size_t arrow = text.find("->");
  Equation equation;
  equation.inputs = parse_terms(node, std::string_view(text).substr(0, arrow));
  equation.output = arrow == std::string::npos
                        ? implicit_output(equation.inputs)
                        : parse_term(node, std::string_view(text).substr(arrow + 2));
  if (equation.inputs.size() != ranks.size()) {
    refuse(node, concat("has ", equation.inputs.size(), " terms, but the node has ", ranks.size(),
                        " inputs"));
  }
  std::size_t covered = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    Term& term = equation.inputs[i];
    const bool open = std::ranges::count(term, kEllipsis) != 0;
    const std::size_t letters = term.size() - (open ? 1 : 0);
    if (ranks[i] < letters || (!open && ranks[i] != letters)) {
      refuse(node, concat("does not fit input ", i, " of rank ", ranks[i]));
    }
    covered = std::max(covered, ranks[i] - letters);
    term = spread_ellipsis(term, ranks[i] - letters);
  }
  equation.output = spread_ellipsis(equation.output, covered);
  return equation;
}

namespace {

/// The extent of every label.
std::map<Label, Dim> label_dims(const Node& node, const Equation& equation,
                                std::span<const SymbolicShape> shapes) {
  std::map<Label, Dim> dims;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    for (std::size_t axis = 0; axis < shapes[i].size(); ++axis) {
      const auto [known, fresh] = dims.emplace(equation.inputs[i][axis], shapes[i][axis]);
      if (fresh) continue;
      const std::optional<Dim> dim = broadcast(known->second, shapes[i][axis]);
      if (!dim) {
        refuse(node, concat("gives one letter the extents ", known->second.to_string(), " and ",
                            shapes[i][axis].to_string()));
      }
      known->second = *dim;
    }
  }
  for (const Label label : equation.output) {
    if (!dims.contains(label)) refuse(node, "has a letter in the output that no input has");
    if (std::ranges::count(equation.output, label) != 1) {
      refuse(node, "repeats a letter in the output");
    }
  }
  return dims;
}

void infer_einsum(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  require_same_dtypes(context);
  const DType dtype = context.input(0).dtype;
  std::vector<SymbolicShape> shapes;
  std::vector<std::size_t> ranks;
  for (std::size_t index = 0; index < context.input_count(); ++index) {
    const TensorType& type = context.input(index);
    if (!type.shape) return context.set_output(0, {dtype, std::nullopt});
    shapes.push_back(*type.shape);
    ranks.push_back(type.shape->size());
  }
  const Equation equation = einsum_equation(context.node(), ranks);
  const std::map<Label, Dim> dims = label_dims(context.node(), equation, shapes);
  SymbolicShape shape;
  for (const Label label : equation.output) shape.push_back(dims.at(label));
  context.set_output(0, {dtype, std::move(shape)});
}

/// All labels as loops: those of the output first. Strides per input and loop.
struct LoopNest {
  Shape extents;
  std::vector<Shape> strides;
  std::int64_t outer = 1, inner = 1;  ///< Iterations over output labels and over summed ones.
};

LoopNest loop_nest(const Node& node, std::span<const Tensor> inputs) {
  std::vector<SymbolicShape> shapes;
  std::vector<std::size_t> ranks;
  for (const Tensor& input : inputs) {
    shapes.push_back(to_symbolic(input.shape()));
    ranks.push_back(input.rank());
  }
  const Equation equation = einsum_equation(node, ranks);
  const std::map<Label, Dim> dims = label_dims(node, equation, shapes);
  Term order = equation.output;
  for (const auto& [label, dim] : dims) {
    if (std::ranges::count(order, label) == 0) order.push_back(label);
  }
  LoopNest nest;
  for (const Label label : order) {
    const std::int64_t extent = dims.at(label).extent();
    (nest.extents.size() < equation.output.size() ? nest.outer : nest.inner) *= extent;
    nest.extents.push_back(extent);
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Shape dense = row_major_strides(inputs[i].shape());
    Shape strides(order.size(), 0);
    for (std::size_t axis = 0; axis < dense.size(); ++axis) {
      const auto loop = std::ranges::find(order, equation.inputs[i][axis]) - order.begin();
      if (inputs[i].dim(axis) != 1) strides[static_cast<std::size_t>(loop)] += dense[axis];
    }
    nest.strides.push_back(std::move(strides));
  }
  return nest;
}

void run_einsum(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const LoopNest nest = loop_nest(node, inputs);
  dispatch_numbers(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    std::vector<const T*> at;
    for (const Tensor& input : inputs) at.push_back(input.data<T>());
    Shape position(nest.extents.size(), 0);
    const auto advance = [&] {
      for (std::size_t loop = position.size(); loop-- > 0;) {
        const bool wraps = ++position[loop] == nest.extents[loop];
        for (std::size_t i = 0; i < at.size(); ++i) {
          at[i] += nest.strides[i][loop] * (wraps ? 1 - nest.extents[loop] : 1);
        }
        if (!wraps) return;
        position[loop] = 0;
      }
    };
    T* y = outputs[0].data<T>();
    for (std::int64_t element = 0; element < nest.outer; ++element) {
      Accumulated<T> sum = 0;
      for (std::int64_t i = 0; i < nest.inner; ++i) {
        Accumulated<T> term = 1;
        for (const T* factor : at) term *= static_cast<Accumulated<T>>(load(*factor));
        sum += term;
        advance();
      }
      y[element] = store<T>(sum);
    }
  });
}

}  // namespace

std::vector<Operator> einsum_operators() {
  return {{"Einsum",
           "",
           12,
           1,
           Operator::kVariadic,
           1,
           1,
           {{"equation", AttributeKind::kString, true}},
           infer_einsum,
           run_einsum}};
}

}  // namespace headway
