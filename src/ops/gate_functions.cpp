#include <algorithm>
#include <cctype>
#include <cmath>

#include "ops/recurrent.h"

namespace headway {
namespace {

struct Known {
  std::string_view name;  ///< In lower case: names may be written either way.
  bool has_alpha, has_beta;
  GateFunction defaults;
};

double sigmoid(double x, double, double) {
  return 1.0 / (1.0 + std::exp(-x));
}

double tanh(double x, double, double) {
  return std::tanh(x);
}

double relu(double x, double, double) {
  return std::max(x, 0.0);
}

double affine(double x, double alpha, double beta) {
  return alpha * x + beta;
}

double leaky_relu(double x, double alpha, double) {
  return x < 0.0 ? alpha * x : x;
}

double thresholded_relu(double x, double alpha, double) {
  return x > alpha ? x : 0.0;
}

double scaled_tanh(double x, double alpha, double beta) {
  return alpha * std::tanh(beta * x);
}

double hard_sigmoid(double x, double alpha, double beta) {
  return std::clamp(alpha * x + beta, 0.0, 1.0);
}

double elu(double x, double alpha, double) {
  return x < 0.0 ? alpha * std::expm1(x) : x;
}

double softsign(double x, double, double) {
  return x / (1.0 + std::abs(x));
}

double softplus(double x, double, double) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

constexpr Known kKnown[] = {
    {"affine", true, true, {affine, 1.0, 0.0}},
    {"elu", true, false, {elu, 1.0, 0.0}},
    {"hardsigmoid", true, true, {hard_sigmoid, 0.2, 0.5}},
    {"leakyrelu", true, false, {leaky_relu, 0.01, 0.0}},
    {"relu", false, false, {relu, 0.0, 0.0}},
    {"scaledtanh", true, true, {scaled_tanh, 1.0, 1.0}},
    {"sigmoid", false, false, {sigmoid, 0.0, 0.0}},
    {"softplus", false, false, {softplus, 0.0, 0.0}},
    {"softsign", false, false, {softsign, 0.0, 0.0}},
    {"tanh", false, false, {tanh, 0.0, 0.0}},
    {"thresholdedrelu", true, false, {thresholded_relu, 1.0, 0.0}},
};

const Known& find_function(const Node& node, std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto* found = std::ranges::find(kKnown, name, &Known::name);
  if (found != std::end(kKnown)) return *found;
  fail(ErrorCode::kInvalidModel, node.described(), ": there is no activation function '", name,
       "'");
}

}  // namespace

std::vector<GateFunction> gate_functions(const Node& node, std::size_t directions,
                                         std::span<const std::string_view> defaults) {
  std::vector<std::string> names;
  if (const auto given = node.attributes.find("activations"); given != node.attributes.end()) {
    names = std::get<std::vector<std::string>>(given->second);
  }
  if (names.empty()) {
    for (std::size_t i = 0; i < directions; ++i) {
      names.insert(names.end(), defaults.begin(), defaults.end());
    }
  }
  if (names.size() != directions * defaults.size()) {
    fail(ErrorCode::kInvalidModel, node.described(), ": activations has ", names.size(),
         " entries but needs ", directions * defaults.size());
  }
  const std::vector<float> alphas = node.get_floats("activation_alpha", {});
  const std::vector<float> betas = node.get_floats("activation_beta", {});
  std::size_t alpha = 0, beta = 0;
  std::vector<GateFunction> functions;
  for (const std::string& name : names) {
    const Known& known = find_function(node, name);
    functions.push_back(known.defaults);
    if (known.has_alpha && alpha < alphas.size()) functions.back().alpha = alphas[alpha++];
    if (known.has_beta && beta < betas.size()) functions.back().beta = betas[beta++];
  }
  return functions;
}

}  // namespace headway
