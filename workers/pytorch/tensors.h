#pragma once

#include <string>
#include <vector>

#include "bench/worker.h"
#include "pytorch/torch.h"

namespace headway::workers {

/// A view of the same elements; `tensor` must outlive it. Throws Error(kUnsupported) for a dtype
/// that this PyTorch does not have.
at::Tensor view_of(const Tensor& tensor);

/// Copies nothing if `tensor` is already dense, row-major and on the host. A copy from a GPU waits
/// until the GPU is done.
Tensor to_host(const at::Tensor& tensor);

/// Every tensor inside what a module returned (a tensor; tuples, lists and dictionaries of them),
/// on the host. A lone tensor is called "output"; the others by their names or positions. Throws
/// Error(kUnsupported) if something else is in there.
std::vector<bench::NamedTensor> flatten(const c10::IValue& result);

}  // namespace headway::workers
