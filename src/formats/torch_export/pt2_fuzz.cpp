#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fuzz_seeds.h"
#include "formats/torch_export/program_builder.h"
#include "formats/torch_export/read.h"

using namespace headway;
using namespace headway::torch_export;

namespace {

/// A program with one argument of each kind that operators have.
Json program_of_arguments() {
  Json program = small_program();
  Json& nodes = program["graph_module"]["graph"]["nodes"];
  const Json x = tensor_argument("x");
  const Json open = {{"as_sym_int", {{"as_name", "n"}}}};
  Json size = node("torch.ops.aten.sym_size.int", {{"self", x}, {"dim", {{"as_int", 0}}}}, "n");
  size["outputs"] = {open};
  nodes = {size,
           node("torch.ops.aten.cat.default",
                {{"tensors", {{"as_tensors", {{{"name", "x"}}, {{"name", "x"}}}}}},
                 {"dim", {{"as_int", -1}}}},
                "joined"),
           node("torch.ops.aten.view.default",
                {{"self", tensor_argument("joined")},
                 {"size", {{"as_sym_ints", {{{"as_name", "n"}}, {{"as_int", 4}}}}}}},
                "seen"),
           node("torch.ops.aten.mean.dim",
                {{"self", tensor_argument("seen")},
                 {"dim", {{"as_ints", {1}}}},
                 {"keepdim", {{"as_bool", true}}},
                 {"dtype", {{"as_none", true}}}},
                "mean"),
           node("torch.ops.aten.add.Tensor",
                {{"self", tensor_argument("mean")}, {"other", {{"as_float", 0.5}}}}, "add")};
  program["graph_module"]["graph"]["sym_int_values"] = {{"n", {{"as_expr", {{"expr_str", "s0"}}}}}};
  return program;
}

/// Archives of both layouts, and programs alone.
std::vector<std::string> seeds() {
  const std::string weights =
      torch::archive_bytes({{"archive/data.pkl", torch::state_dict_pickle({{"w", {2, 2}}})},
                            {"archive/data/0", torch::bytes_of<float>({1, 2, 3, 4})},
                            {"archive/version", "3"}});
  return {Archive().bytes(),
          torch::archive_bytes({{"serialized_exported_program.json", small_program().dump()},
                                {"serialized_state_dict.pt", weights},
                                {"version", "7.3"}}),
          small_program().dump(), program_of_arguments().dump()};
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  write_seeds({*arguments, static_cast<std::size_t>(*count)}, seeds());
  return 0;
}

// An archive is read to a graph or refused with an Error; so is a program within a sound archive.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    if (text.starts_with("PK")) {
      read_torch_export(std::as_bytes(std::span(text)), "fuzz");
    } else {
      Archive archive;
      archive.more["m/models/model.json"] = text;
      const std::string bytes = archive.bytes();
      read_torch_export(std::as_bytes(std::span(bytes)), "fuzz");
    }
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
