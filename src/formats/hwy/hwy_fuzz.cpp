#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "formats/hwy/file_layout.h"
#include "formats/hwy/hwy.h"
#include "formats/hwy/writer_id.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "ops/operator.h"

using namespace headway;

namespace {

CompiledModel read(const char* data, std::size_t size) {
  const Tensor bytes = Tensor::from({static_cast<std::int64_t>(size)},
                                    std::span(reinterpret_cast<const std::uint8_t*>(data), size));
  const auto owner = std::make_shared<Tensor>(bytes);
  return read_hwy({static_cast<const std::byte*>(bytes.raw()), size}, "fuzz", owner);
}

/// The seeds are of no particular sources.
void claim(std::string& bytes) {
  hwy::Header header;
  if (bytes.size() < sizeof header) return;
  std::memcpy(&header, bytes.data(), sizeof header);
  header.writer = {};
  std::ranges::copy(writer_id(), header.writer.begin());
  header.file_bytes = bytes.size();
  std::memcpy(bytes.data(), &header, sizeof header);
}

}  // namespace

// What is read must be sound, and must be written as it was read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  claim(bytes);
  CompiledModel model;
  try {
    model = read(bytes.data(), bytes.size());
  } catch (const Error&) {
    return 0;
  }
  verify(model.graph);
  const std::string written = to_hwy(model);
  if (to_hwy(read(written.data(), written.size())) != written) std::abort();
  try {
    infer_types(model.graph);
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
