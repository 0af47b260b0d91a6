#pragma once

// The one place that includes libtorch's headers (they take half a minute, so they are
// precompiled).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/version.h>
#pragma GCC diagnostic pop
