#pragma once

#include <filesystem>

namespace headway {

/// float32[N,4] "x" to float32[N,3] "y": three weighted sums. Weights count from 0 in steps of 0.1.
void save_linear_model(const std::filesystem::path& file);

/// Inputs "a" and "b", float32[N,2] each; outputs "sum" and "product".
void save_two_by_two_model(const std::filesystem::path& file);

/// float32[N,3,8,8] "image" to its channel means, float32[N,3] "means".
void save_image_model(const std::filesystem::path& file);

}  // namespace headway
