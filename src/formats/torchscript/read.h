#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "graph/graph.h"

namespace headway {

namespace script {

/// The shape of an input, by its name, or by its position if the name is empty.
struct InputShape {
  std::string name;
  Shape shape;
};

}  // namespace script

/// Reads a TorchScript archive (torch.jit.save of a traced, scripted or frozen module; versions 1.5
/// to 2.x): runs its program over tensors that are not known, and keeps what it does with them.
///
/// The file does not say what its inputs are. What the program itself tells (an image of so many
/// channels for a convolution, integers for an embedding) is taken from there; the rest is given in
/// `shapes`, or stays symbolic. The first extent stays symbolic, unless the program depends on it.
///
/// Throws Error naming the file, and the line of its code, for operators that Headway does not
/// know, and programs that depend on extents that are not known, or on data.
Graph read_torchscript(const std::filesystem::path& file,
                       std::span<const script::InputShape> shapes = {});

}  // namespace headway
