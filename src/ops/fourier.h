#pragma once

#include <complex>
#include <vector>

namespace headway {

/// y[k] = Σ x[n] · exp(∓2πi · k · n / N), with + and divided by N if `inverse`.
std::vector<std::complex<double>> fourier_transform(const std::vector<std::complex<double>>& x,
                                                    bool inverse);

}  // namespace headway
