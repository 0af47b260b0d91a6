#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "formats/torch_export/program_builder.h"
#include "formats/torch_export/read.h"

using namespace headway;

// An archive is read to a graph or refused with an Error; so is a program within a sound archive.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    if (text.starts_with("PK")) {
      read_torch_export(std::as_bytes(std::span(text)), "fuzz");
    } else {
      torch_export::Archive archive;
      archive.more["m/models/model.json"] = text;
      const std::string bytes = archive.bytes();
      read_torch_export(std::as_bytes(std::span(bytes)), "fuzz");
    }
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
