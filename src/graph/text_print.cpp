#include <algorithm>
#include <type_traits>

#include "base/strings.h"
#include "graph/text.h"
#include "graph/text_element.h"

namespace headway {
namespace {

constexpr std::int64_t kSmallConstant = 16;

class Printer {
 public:
  explicit Printer(ConstantText constants) : constants_(constants) {}

  std::string print(const Graph& graph) && {
    print_graph(graph);
    out_ += '\n';
    return std::move(out_);
  }

 private:
  template <typename Range, typename Function>
  void print_list(const Range& range, Function&& print_one) {
    bool first = true;
    for (const auto& element : range) {
      if (!first) out_ += ", ";
      first = false;
      print_one(element);
    }
  }

  void print_graph(const Graph& graph) {
    out_ += "graph ";
    print_name(graph.name());
    out_ += " (";
    print_list(graph.inputs(), [&](const Value* input) {
      print_value(input);
      out_ += ": " + input->type.to_string();
    });
    out_ += ") -> (";
    print_list(graph.outputs(), [&](const Value* output) { print_value(output); });
    out_ += ") {\n";
    indentation_ += "  ";
    std::size_t number = 0;
    for (const Value* constant : graph.constants()) {
      print_constant(*constant, number);
      ++number;
    }
    for (const Node* node : graph.nodes()) print_node(*node);
    indentation_.resize(indentation_.size() - 2);
    out_ += indentation_ + '}';
  }

  void print_name(std::string_view name) {
    out_ += is_plain_name(name) ? std::string(name) : quote(name);
  }

  void print_value(const Value* value) {
    if (value == nullptr) {
      out_ += '_';
      return;
    }
    const std::string& name = value->name();
    out_ += '%';
    out_ += std::ranges::all_of(name, is_name_character) ? name : quote(name);
  }

  void print_constant(const Value& constant, std::size_t number) {
    out_ += indentation_;
    print_value(&constant);
    out_ += ": " + constant.type.to_string() + " = constant ";
    if (constants_ == ConstantText::kStored) {
      out_ += "stored(" + std::to_string(number) + ')';
    } else {
      print_elements(constant.constant());
    }
    out_ += '\n';
  }

  void print_elements(const Tensor& tensor) {
    if (constants_ == ConstantText::kElided && tensor.size() > kSmallConstant) {
      out_ += "...";
      return;
    }
    const auto* bytes = static_cast<const std::byte*>(tensor.raw());
    const std::size_t step = size_of(tensor.dtype());
    out_ += '{';
    for (std::int64_t i = 0; i < tensor.size(); ++i) {
      if (i > 0) out_ += ", ";
      if (tensor.dtype() == DType::kString) {
        out_ += quote(tensor.data<std::string>()[i]);
      } else {
        append_element(out_, tensor.dtype(), bytes + static_cast<std::size_t>(i) * step);
      }
    }
    out_ += '}';
  }

  void print_node(const Node& node) {
    out_ += indentation_;
    if (node.outputs().empty()) out_ += "()";
    print_list(node.outputs(), [&](const Value* output) {
      print_value(output);
      if (output != nullptr && output->type != TensorType{})
        out_ += ": " + output->type.to_string();
    });
    out_ += " = ";
    print_operator(node);
    out_ += '(';
    print_list(node.inputs(), [&](const Value* input) { print_value(input); });
    out_ += ')';
    if (!node.attributes.empty()) {
      out_ += " {";
      print_list(node.attributes, [&](const auto& entry) {
        print_name(entry.first);
        out_ += " = ";
        std::visit([&](const auto& value) { print_attribute(value); }, entry.second);
      });
      out_ += '}';
    }
    const Value* first = node.output();
    if (first == nullptr || node.name() != first->name()) out_ += ' ' + quote(node.name());
    out_ += '\n';
  }

  void print_operator(const Node& node) {
    const std::string& domain = node.domain();
    const std::string& op_type = node.op_type();
    const bool plain = is_plain_name(op_type) && op_type.find('.') == std::string::npos &&
                       (domain.empty() || is_plain_name(domain));
    if (!domain.empty()) out_ += (plain ? domain : quote(domain)) + '.';
    out_ += plain ? op_type : quote(op_type);
  }

  void print_attribute(std::int64_t value) { out_ += std::to_string(value); }
  void print_attribute(float value) { append_float(out_, value); }
  void print_attribute(const std::string& value) { out_ += quote(value); }
  void print_attribute(const Tensor& tensor) {
    out_ += TensorType{tensor.dtype(), to_symbolic(tensor.shape())}.to_string() + ' ';
    print_elements(tensor);
  }
  /// A body's constants are printed in full where others are stored elsewhere.
  void print_attribute(const Body& body) {
    const ConstantText outside = constants_;
    if (constants_ == ConstantText::kStored) constants_ = ConstantText::kFull;
    print_graph(*body);
    constants_ = outside;
  }
  template <typename T>
  void print_attribute(const std::vector<T>& values) {
    if (values.empty()) {
      const char* kind = std::is_same_v<T, float>         ? "floats "
                         : std::is_same_v<T, std::string> ? "strings "
                                                          : "ints ";
      out_ += kind;
    }
    out_ += '[';
    print_list(values, [&](const T& value) { print_attribute(value); });
    out_ += ']';
  }

  ConstantText constants_;
  std::string out_, indentation_;
};

}  // namespace

std::string print_graph(const Graph& graph, ConstantText constants) {
  return Printer(constants).print(graph);
}

}  // namespace headway
