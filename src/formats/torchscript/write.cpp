#include "formats/torchscript/write.h"

#include "base/atomic_file.h"
#include "base/zip.h"
#include "formats/torchscript/emitter.h"
#include "formats/torchscript/fold.h"
#include "formats/torchscript/pickle.h"
#include "ops/operator.h"

namespace headway {
namespace {

using namespace torchscript;

// The file format version whose operators mean what today's do; libtorch 1.13 knows no newer one.
constexpr std::string_view kVersion = "10\n";
constexpr std::string_view kEmptyTuple = "\x80\x02).";
constexpr std::size_t kAlignment = 64;

/// The module object: its class, and its attributes as the state.
std::string module_pickle(const std::vector<ModuleTensor>& tensors) {
  PickleWriter pickle;
  pickle.global("__torch__", "Model");
  pickle.empty_tuple();
  pickle.new_object();
  pickle.empty_dict();
  pickle.mark();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    pickle.string(tensors[i].name);
    pickle.tensor(tensors[i].tensor.dtype(), tensors[i].tensor.shape(), std::to_string(i));
  }
  pickle.string("training");
  pickle.boolean(false);
  pickle.set_items();
  pickle.build();
  return std::move(pickle).finish();
}

}  // namespace

void write_torchscript(const Graph& graph, const std::filesystem::path& path) {
  Graph typed = graph.clone();
  infer_types(typed);
  fold_small_constants(typed);
  const ModuleCode code = Emitter(typed).write();

  AtomicFile file(path);
  ZipWriter zip(file);
  const std::string root = "model/";
  zip.add(root + "data.pkl", module_pickle(code.tensors), kAlignment);
  for (std::size_t i = 0; i < code.tensors.size(); ++i) {
    const Tensor& tensor = code.tensors[i].tensor;
    zip.add(root + "data/" + std::to_string(i),
            std::span(static_cast<const std::byte*>(tensor.raw()), tensor.byte_size()), kAlignment);
  }
  zip.add(root + "code/__torch__.py", code.source, kAlignment);
  zip.add(root + "constants.pkl", kEmptyTuple, kAlignment);
  zip.add(root + "version", kVersion, kAlignment);
  zip.finish();
  file.commit();
}

}  // namespace headway
