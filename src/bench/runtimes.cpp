#include "bench/runtimes.h"

#include <algorithm>
#include <cstdlib>

#include <unistd.h>

#include "base/error.h"

namespace headway::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMakePeers = "run `make peers` to install it";

RuntimeKind pytorch(std::string id, std::string title, std::string mode) {
  return {std::move(id),    std::move(title),        "pytorch", ModelFormat::kTorchScript,
          {{"mode", mode}}, std::string(kMakePeers), true};
}

std::string known_ids() {
  std::string names;
  for (const RuntimeKind& kind : runtime_kinds()) names += (names.empty() ? "" : ", ") + kind.id;
  return names;
}

const RuntimeKind& find_kind(std::string_view id, std::string_view row) {
  const auto kind = std::ranges::find(runtime_kinds(), id, &RuntimeKind::id);
  if (kind == runtime_kinds().end()) {
    fail(ErrorCode::kInvalidArgument, "no runtime is called '", row, "'; there are ", known_ids());
  }
  return *kind;
}

void add_option(RowSpec& row, std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    fail(ErrorCode::kInvalidArgument, "option '", text, "' of runtime '", row.id,
         "' is not of the form name=value");
  }
  row.options[std::string(text.substr(0, equals))] = text.substr(equals + 1);
}

/// "id", "id:option=value" or "id@library".
RowSpec parse_row(std::string_view text) {
  const std::size_t mark = text.find_first_of(":@");
  const RuntimeKind& kind = find_kind(text.substr(0, mark), text);
  RowSpec row{std::string(text), kind.title, kind.worker, kind.format,
              kind.options,      kind.fix,   false};
  if (mark == std::string_view::npos) return row;
  const std::string_view rest = text.substr(mark + 1);
  if (text[mark] == '@') {
    row.options["library"] = fs::absolute(fs::path(rest));
    row.title += " (" + fs::path(rest).filename().string() + ")";
  } else {
    add_option(row, rest);
    row.title = text;
  }
  return row;
}

bool continues_options(std::string_view piece) {
  const std::size_t equals = piece.find('=');
  return equals != std::string_view::npos &&
         piece.substr(0, equals).find_first_of(":@") == std::string_view::npos;
}

std::vector<RowSpec> parse_list(std::string_view list) {
  std::vector<RowSpec> rows;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view piece = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (piece.empty()) continue;
    if (continues_options(piece) && !rows.empty()) {
      add_option(rows.back(), piece);
      rows.back().id += ',' + std::string(piece);
      rows.back().title = rows.back().id;
    } else {
      rows.push_back(parse_row(piece));
    }
  }
  return rows;
}

std::vector<RowSpec> default_rows() {
  std::vector<RowSpec> rows;
  for (const RuntimeKind& kind : runtime_kinds()) {
    if (kind.by_default) rows.push_back(parse_row(kind.id));
  }
  return rows;
}

bool is_executable(const fs::path& path) {
  return access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::string_view extension_of(ModelFormat format) noexcept {
  if (format == ModelFormat::kTorchScript) return ".pt";
  return format == ModelFormat::kCompiled ? ".hwy" : ".onnx";
}

const std::vector<RuntimeKind>& runtime_kinds() {
  static const std::vector<RuntimeKind> kKinds{
      {"headway", "Headway", "headway", ModelFormat::kNative, {}, "run `make build`", true},
      {"headway-compiled",
       "Headway compiled",
       "headway",
       ModelFormat::kCompiled,
       {},
       "run `make build`",
       false},
      {"onnxruntime",
       "ONNX Runtime",
       "onnxruntime",
       ModelFormat::kOnnx,
       {},
       "run `make peers`, or point HEADWAY_ORT_LIBRARY at a libonnxruntime.so",
       true},
      {"openvino", "OpenVINO", "openvino", ModelFormat::kOnnx, {}, std::string(kMakePeers), true},
      pytorch("pytorch-eager", "PyTorch eager", "eager"),
      pytorch("pytorch-eager-channels-last", "PyTorch eager channels_last", "channels_last"),
      pytorch("torchscript-traced", "TorchScript traced", "traced"),
      pytorch("torchscript-optimized", "TorchScript frozen+optimized", "optimized"),
      {"ipex",
       "PyTorch + IPEX",
       "pytorch-ipex",
       ModelFormat::kTorchScript,
       {},
       "run `make peers PEERS=ipex`",
       false},
      {"fake", "Fake", "fake", ModelFormat::kOnnx, {}, "run `make build`", false},
  };
  return kKinds;
}

std::vector<RowSpec> parse_rows(std::string_view list, bool tuned) {
  std::vector<RowSpec> rows = list.empty() ? default_rows() : parse_list(list);
  for (std::size_t index = 0; index < rows.size(); ++index) {
    if (std::ranges::count(rows, rows[index]) > 1) {
      fail(ErrorCode::kInvalidArgument, "runtime '", rows[index].id, "' is listed twice");
    }
  }
  if (!tuned) return rows;
  std::vector<RowSpec> both = rows;
  for (RowSpec& row : rows) {
    row.tuned = true;
    both.push_back(std::move(row));
  }
  return both;
}

std::optional<std::filesystem::path> find_worker(const std::string& worker) {
  const std::string name = "headway-worker-" + worker;
  if (const char* folder = std::getenv("HEADWAY_WORKERS"); folder != nullptr) {
    const fs::path path = fs::path(folder) / name;
    return is_executable(path) ? std::optional(path) : std::nullopt;
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& folder : {program / "workers", program / "../libexec/headway"}) {
    if (is_executable(folder / name)) return fs::weakly_canonical(folder / name);
  }
  return std::nullopt;
}

}  // namespace headway::bench
