#include <algorithm>
#include <array>
#include <cstring>
#include <functional>

#include "base/atomic_file.h"
#include "base/error.h"
#include "formats/hwy/file_layout.h"
#include "formats/hwy/hwy.h"
#include "formats/hwy/writer_id.h"
#include "graph/text.h"
#include "ops/fused.h"

namespace headway {
namespace {

using namespace hwy;

template <std::size_t N>
Text<N> to_text(std::string_view text) {
  if (text.size() > N)
    fail(ErrorCode::kInternal, "'", text, "' does not fit the header of a compiled file");
  Text<N> field{};
  std::ranges::copy(text, field.begin());
  return field;
}

std::span<const std::byte> bytes_of(const Tensor& tensor) {
  return {static_cast<const std::byte*>(tensor.raw()), tensor.byte_size()};
}

/// Lays the sections out, then writes them one after the other.
class Writer {
 public:
  explicit Writer(const CompiledModel& model)
      : graph_(print_graph(model.graph, ConstantText::kStored)), choices_(model.choices) {
    for (const Node* node : model.graph.nodes()) {
      if (!may_be_stored(*node))
        fail(ErrorCode::kInternal, node->described(), " cannot be stored in a compiled file");
    }
    for (const PackedConstant& packed : model.packed) layouts_ += packed.layout;
    add({SectionKind::kGraph}, std::as_bytes(std::span(graph_)));
    add({SectionKind::kChoices}, std::as_bytes(std::span(choices_)));
    add({SectionKind::kLayouts}, std::as_bytes(std::span(layouts_)));
    add_elements(model);
    add_packed(model);
    place();
    describe(model.target);
  }

  void write(const std::function<void(std::span<const std::byte>)>& sink) const {
    std::uint64_t position = 0;
    const auto put = [&](std::span<const std::byte> bytes) {
      sink(bytes);
      position += bytes.size();
    };
    put(std::as_bytes(std::span(&header_, 1)));
    put(std::as_bytes(std::span(sections_)));
    const std::vector<std::byte> zeros(kPageBytes);
    for (std::size_t i = 0; i < sections_.size(); ++i) {
      put(std::span(zeros).first(sections_[i].offset - position));
      put(contents_[i]);
    }
  }

 private:
  void add(Section section, std::span<const std::byte> bytes) {
    section.bytes = bytes.size();
    sections_.push_back(section);
    contents_.push_back(bytes);
  }

  void add_elements(const CompiledModel& model) {
    const std::vector<Value*> constants = model.graph.constants();
    for (std::size_t i = 0; i < constants.size(); ++i) {
      if (constants[i]->type.dtype == DType::kString) {
        fail(ErrorCode::kUnsupported, "constant '", constants[i]->name(),
             "' is of strings, which a compiled file cannot hold; run the model itself");
      }
      if (std::ranges::find(model.packed_only, i) != model.packed_only.end()) continue;
      add({SectionKind::kElements, static_cast<std::uint32_t>(i)},
          bytes_of(constants[i]->constant()));
    }
  }

  void add_packed(const CompiledModel& model) {
    std::uint32_t layout = 0;
    for (const PackedConstant& packed : model.packed) {
      Section section{SectionKind::kPacked, static_cast<std::uint32_t>(packed.constant)};
      section.layout_offset = layout;
      section.layout_bytes = static_cast<std::uint32_t>(packed.layout.size());
      layout += section.layout_bytes;
      add(section, bytes_of(packed.elements));
    }
  }

  void place() {
    std::uint64_t end = sizeof(Header) + sections_.size() * sizeof(Section);
    for (Section& section : sections_) {
      const std::uint64_t step = section.bytes >= kBigSection ? kPageBytes : kAlignment;
      section.offset = (end + step - 1) / step * step;
      end = section.offset + section.bytes;
    }
    header_.file_bytes = end;
  }

  void describe(const PackingTarget& target) {
    header_.magic = to_text<8>(kMagic);
    header_.byte_order = kByteOrder;
    header_.format_version = kFormatVersion;
    header_.writer = to_text<48>(writer_id());
    header_.isa = to_text<16>(target.isa);
    header_.vector_width = target.vector_width;
    header_.threads = target.threads;
    header_.flags = (target.fused ? kFused : 0) | (target.winograd ? kWinograd : 0);
    header_.section_count = static_cast<std::uint32_t>(sections_.size());
  }

  std::string graph_, choices_, layouts_;
  Header header_;
  std::vector<Section> sections_;
  std::vector<std::span<const std::byte>> contents_;  ///< Of each section.
};

}  // namespace

bool may_be_stored(const Node& node) noexcept {
  constexpr std::array<std::string_view, 6> kStored = {
      "FusedAttention", "FusedBatchNormalization", "FusedConv", "FusedGemm", "FusedMatMul", "Silu"};
  if (node.domain() != kFusedDomain) return node.domain().empty();
  return std::ranges::find(kStored, node.op_type()) != kStored.end();
}

void write_hwy(const CompiledModel& model, const std::filesystem::path& file) {
  AtomicFile out(file);
  Writer(model).write([&](std::span<const std::byte> bytes) { out.write(bytes); });
  out.commit();
}

std::string to_hwy(const CompiledModel& model) {
  std::string out;
  Writer(model).write([&](std::span<const std::byte> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  return out;
}

}  // namespace headway
