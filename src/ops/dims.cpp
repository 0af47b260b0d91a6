#include "ops/dims.h"

#include <algorithm>

namespace headway {
namespace {

/// number · symbols, or nothing if an extent is unknown or the number overflows.
struct Product {
  std::int64_t number = 1;
  std::vector<std::string> symbols;
};

std::optional<Product> factorize(std::span<const Dim> dims) {
  Product product;
  for (const Dim& dim : dims) {
    if (dim.is_unknown()) return std::nullopt;
    if (dim.is_symbol()) {
      product.symbols.push_back(dim.symbol());
    } else if (__builtin_mul_overflow(product.number, dim.extent(), &product.number)) {
      return std::nullopt;
    }
  }
  return product;
}

Dim to_dim(const Product& product) {
  if (product.number == 0) return Dim(0);
  if (product.symbols.empty()) return Dim(product.number);
  if (product.symbols.size() == 1 && product.number == 1) return Dim(product.symbols.front());
  return Dim();
}

}  // namespace

Dim product_of(std::span<const Dim> dims) {
  const std::optional<Product> product = factorize(dims);
  return product ? to_dim(*product) : Dim();
}

std::optional<Dim> quotient_of(std::span<const Dim> numerator, std::span<const Dim> denominator) {
  std::optional<Product> over = factorize(numerator), under = factorize(denominator);
  if (!over || !under) return Dim();
  for (const std::string& symbol : under->symbols) {
    const auto found = std::ranges::find(over->symbols, symbol);
    if (found == over->symbols.end()) return Dim();
    over->symbols.erase(found);
  }
  if (under->number == 0) return std::nullopt;
  if (over->number % under->number != 0) {
    return over->symbols.empty() ? std::nullopt : std::optional(Dim());
  }
  over->number /= under->number;
  return to_dim(*over);
}

Dim sum_of(const Dim& a, const Dim& b) {
  if (a == Dim(0)) return b;
  if (b == Dim(0)) return a;
  return a.is_static() && b.is_static() ? Dim(a.extent() + b.extent()) : Dim();
}

std::optional<Dim> unify(const Dim& a, const Dim& b) {
  if (a.is_static() && b.is_static() && a != b) return std::nullopt;
  if (a.is_static()) return a;
  if (b.is_static()) return b;
  return a.is_symbol() ? a : b;
}

}  // namespace headway
