#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "headway/profile.h"

#include "backends/backend.h"
#include "graph/graph.h"

namespace headway {

/// Where an operand lies. What is not known before a session runs is relative.
struct Location {
  enum class Place : std::uint8_t { kNowhere, kArena, kInput, kConstant };
  Place place = Place::kNowhere;
  std::size_t index = 0;  ///< Byte offset in the arena, or position of the graph input.
  std::size_t bytes = 0;
  const void* constant = nullptr;  ///< Only for kConstant.
};

struct PlannedStep {
  std::unique_ptr<Step> step;
  std::vector<Location> inputs, outputs;
  Location scratch;
  StepInfo info;
};

struct PlannedOutput {
  DType dtype = DType::kFloat32;
  Shape shape;
  Location location;  ///< Always in the arena.
};

/// A program for one set of input shapes: the steps in order and where everything lies. Immutable.
struct Plan {
  std::vector<Shape> input_shapes;
  std::vector<std::size_t> input_bytes;
  std::vector<PlannedStep> steps;
  std::vector<PlannedOutput> outputs;
  std::size_t arena_bytes = 0;
  std::size_t peak_live_bytes = 0;  ///< No arena can be smaller.
  std::vector<Tensor> constants;    ///< Keeps alive what steps read in place.

  std::size_t reference_steps() const;
};

/// Plans a graph whose types are all static. Weights that the steps packed are dropped from `graph`
/// as soon as nobody reads them any more, so that they are not held twice; the graph is of no
/// further use.
std::shared_ptr<const Plan> make_plan(Graph& graph, Backend& backend);

}  // namespace headway
