#include "ops/fourier.h"

#include <numbers>

namespace headway {
namespace {

using Complex = std::complex<double>;

std::size_t smallest_factor(std::size_t n) {
  for (std::size_t p = 2; p * p <= n; ++p) {
    if (n % p == 0) return p;
  }
  return n;
}

/// Decimation in time for any factors of n. J. Cooley, J. Tukey, "An Algorithm for the Machine
/// Calculation of Complex Fourier Series", 1965.
void transform(const Complex* x, std::size_t stride, Complex* y, std::size_t n,
               const std::vector<Complex>& roots) {
  if (n <= 1) {
    if (n == 1) y[0] = x[0];
    return;
  }
  const std::size_t p = smallest_factor(n), m = n / p, step = roots.size() / n;
  for (std::size_t r = 0; r < p; ++r) transform(x + r * stride, stride * p, y + r * m, m, roots);
  std::vector<Complex> parts(p);
  for (std::size_t k = 0; k < m; ++k) {
    for (std::size_t r = 0; r < p; ++r) parts[r] = y[r * m + k];
    for (std::size_t q = 0; q < p; ++q) {
      Complex sum = parts[0];
      const std::size_t frequency = k + q * m;
      for (std::size_t r = 1; r < p; ++r) sum += parts[r] * roots[r * frequency % n * step];
      y[frequency] = sum;
    }
  }
}

}  // namespace

std::vector<Complex> fourier_transform(const std::vector<Complex>& x, bool inverse) {
  const std::size_t n = x.size();
  std::vector<Complex> roots(n), y(n);
  const double unit = (inverse ? 2.0 : -2.0) * std::numbers::pi / static_cast<double>(n);
  for (std::size_t i = 0; i < n; ++i) roots[i] = std::polar(1.0, unit * static_cast<double>(i));
  transform(x.data(), 1, y.data(), n, roots);
  if (!inverse) return y;
  for (Complex& value : y) value /= static_cast<double>(n);
  return y;
}

}  // namespace headway
