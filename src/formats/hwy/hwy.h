#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace headway {

/// What weights were packed for.
struct PackingTarget {
  std::string isa;                 ///< "avx512", …
  std::uint32_t vector_width = 0;  ///< Floats per vector.
  std::uint32_t threads = 0;
  bool fused = false;     ///< Whether the passes have run.
  bool winograd = false;  ///< Whether algorithms may round differently from plain sums.
};

/// A constant of the graph in the layout that a kernel wants.
struct PackedConstant {
  std::size_t constant = 0;  ///< Its position in Graph::constants().
  std::string layout;
  Tensor elements;  ///< float32[n], 64-byte aligned.
};

/// A graph as passes leave it and lowering takes it, with the weights as lowering makes them.
struct CompiledModel {
  PackingTarget target;
  std::string choices;  ///< What a Tuner has chosen, as text.
  Graph graph;
  std::vector<PackedConstant> packed;
  /// Positions in Graph::constants() of those whose elements are nowhere but in `packed`. They have
  /// an address, and read as zeros.
  std::vector<std::size_t> packed_only;
};

/// True for the operators of the default domain, and for those that the passes put into the graphs
/// of compiled files. Others trust whoever makes them, which a file must not be.
bool may_be_stored(const Node& node) noexcept;

/// Writes a compiled file (docs/hwy.md), complete or not at all.
void write_hwy(const CompiledModel& model, const std::filesystem::path& file);

/// The same bytes in memory; for tests.
std::string to_hwy(const CompiledModel& model);

/// Reads a compiled file. Weights borrow their elements from the mapped file and keep it mapped.
/// The graph is sound, but not typed yet: infer_types() checks what its nodes say. Throws Error
/// naming the file if it is damaged (kInvalidModel) or other sources wrote it (kUnsupported).
CompiledModel read_hwy(const std::filesystem::path& file);

/// The same from bytes at a 64-byte aligned address that `owner` keeps alive. `source` names them
/// in messages.
CompiledModel read_hwy(std::span<const std::byte> bytes, std::string_view source,
                       std::shared_ptr<const void> owner);

}  // namespace headway
