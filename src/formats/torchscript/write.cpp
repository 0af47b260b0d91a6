#include "formats/torchscript/write.h"

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/zip.h"
#include "formats/torchscript/emitter.h"
#include "formats/torchscript/fold.h"
#include "formats/torchscript/interface.h"
#include "ops/operator.h"

namespace headway {
namespace {

using namespace torchscript;

// The file format version whose operators mean what today's do; libtorch 1.13 knows no newer one.
constexpr std::string_view kVersion = "10\n";
constexpr std::string_view kEmptyTuple = "\x80\x02).";
constexpr std::size_t kAlignment = 64;

}  // namespace

void write_torchscript(const Graph& graph, const std::filesystem::path& path) {
  Graph typed = graph.clone();
  infer_types(typed);
  fold_small_constants(typed);
  const ModuleCode code = Emitter(typed).write();

  AtomicFile file(path);
  ZipWriter zip(file);
  const std::string root = "model/";
  zip.add(root + "data.pkl", code.pickle, kAlignment);
  for (std::size_t i = 0; i < code.tensors.size(); ++i) {
    const Tensor& tensor = code.tensors[i];
    zip.add(root + "data/" + std::to_string(i),
            std::span(static_cast<const std::byte*>(tensor.raw()), tensor.byte_size()), kAlignment);
  }
  zip.add(root + "code/__torch__.py", code.source, kAlignment);
  zip.add(root + "constants.pkl", kEmptyTuple, kAlignment);
  zip.add(root + "version", kVersion, kAlignment);
  zip.add(concat(root, kInterfaceRecord), print_interface(graph), kAlignment);
  zip.finish();
  file.commit();
}

}  // namespace headway
