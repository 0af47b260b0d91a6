#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "formats/onnx/contrib/expansion.h"

namespace headway::onnx {

inline constexpr std::string_view kContribDomain = "com.microsoft";

/// An operator that ONNX Runtime adds to the standard ("contrib operator") and that means the same
/// as a few standard ones, which take its place when a model is read.
struct ContribOperator {
  std::string_view name;
  std::vector<std::string_view> attributes;  ///< All that are understood.
  void (*expand)(Expansion& expansion);
  std::string_view domain = kContribDomain;
};

/// Sorted by name.
std::span<const ContribOperator> contrib_operators();

/// Replaces the node if it is one of those. Throws Error(kUnsupported) naming the node if it uses
/// something that has no such form.
bool expand_contrib_operator(Graph& graph, Node* node, Ranks& ranks);

}  // namespace headway::onnx
