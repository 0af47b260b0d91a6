#include <algorithm>
#include <cstring>
#include <functional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/strings.h"
#include "base/zero_memory.h"
#include "formats/hwy/file_layout.h"
#include "formats/hwy/hwy.h"
#include "formats/hwy/writer_id.h"
#include "graph/text.h"

namespace headway {
namespace {

using namespace hwy;

constexpr const char* kCompileAgain = "compile the model again";
constexpr std::size_t kLeadingSections = 3;
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 46;

template <std::size_t N>
std::string to_string(const Text<N>& field) {
  return {field.begin(), std::ranges::find(field, '\0')};
}

/// What keeps a range of the bytes alive.
using OwnerOf = std::function<std::shared_ptr<const void>(std::span<const std::byte>)>;

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, std::string_view source, OwnerOf owner_of)
      : bytes_(bytes), source_(source), owner_of_(std::move(owner_of)) {}

  CompiledModel read() && {
    read_header();
    read_table();
    model_.graph = parse_graph(text_of(SectionKind::kGraph), concat("'", source_, "' graph"), 0,
                               [this](std::uint64_t number, DType dtype, const Shape& shape) {
                                 return constant(number, dtype, shape);
                               });
    check_operators();
    model_.choices = text_of(SectionKind::kChoices);
    read_packed();
    return std::move(model_);
  }

 private:
  template <typename... Args>
  [[noreturn]] void reject(ErrorCode code, const Args&... args) const {
    fail(code, "'", source_, "' ", args...);
  }
  template <typename... Args>
  [[noreturn]] void damaged(const Args&... args) const {
    reject(ErrorCode::kInvalidModel, "is damaged: ", args..., "; copy it again or ", kCompileAgain);
  }

  void read_header() {
    if (bytes_.size() < sizeof header_) damaged("it ends within its header");
    std::memcpy(&header_, bytes_.data(), sizeof header_);
    if (std::string_view(header_.magic.data(), header_.magic.size()) != kMagic)
      reject(ErrorCode::kInvalidModel, "is no compiled model: it does not begin like one");
    if (header_.byte_order != kByteOrder)
      reject(ErrorCode::kUnsupported, "was compiled on a machine of another byte order; ",
             kCompileAgain, " here");
    if (header_.format_version != kFormatVersion)
      reject(ErrorCode::kUnsupported, "has version ", header_.format_version,
             " of the compiled format, but this Headway reads version ", kFormatVersion, "; ",
             kCompileAgain);
    if (const std::string writer = to_string(header_.writer); writer != writer_id())
      reject(ErrorCode::kUnsupported, "was compiled by Headway ", quote(writer),
             ", but this is Headway ", quote(writer_id()), "; ", kCompileAgain);
    if (header_.file_bytes != bytes_.size())
      damaged("it should have ", header_.file_bytes, " bytes, but has ", bytes_.size());
    model_.target = {to_string(header_.isa), header_.vector_width, header_.threads,
                     (header_.flags & kFused) != 0, (header_.flags & kWinograd) != 0};
  }

  void read_table() {
    if (header_.section_count > (bytes_.size() - sizeof header_) / sizeof(Section))
      damaged("it ends within its table of sections");
    sections_.resize(header_.section_count);
    std::uint64_t end = sizeof header_ + sections_.size() * sizeof(Section);
    for (std::size_t i = 0; i < sections_.size(); ++i) {
      Section& section = sections_[i];
      std::memcpy(&section, bytes_.data() + sizeof header_ + i * sizeof section, sizeof section);
      if (section.offset < end || section.offset > bytes_.size() ||
          section.offset % kAlignment != 0 || section.bytes > bytes_.size() - section.offset) {
        damaged("section ", i, " has no valid place in it");
      }
      end = section.offset + section.bytes;
      check_order(i);
    }
    if (sections_.size() < kLeadingSections) damaged("it holds no graph");
  }

  /// The leading kinds, then elements, then packed weights: both by the numbers of the constants.
  void check_order(std::size_t index) const {
    const Section& section = sections_[index];
    bool fits = static_cast<std::size_t>(section.kind) == index + 1;
    if (index >= kLeadingSections) {
      const Section& before = sections_[index - 1];
      const bool packed = section.kind == SectionKind::kPacked;
      const bool ascends =
          before.constant < section.constant || (packed && before.constant == section.constant);
      fits = (packed || section.kind == SectionKind::kElements) &&
             (before.kind < section.kind || (before.kind == section.kind && ascends));
    }
    if (!fits)
      damaged("section ", index, " of kind ", static_cast<std::uint32_t>(section.kind),
              " is not expected there");
  }

  std::span<const std::byte> contents(const Section& section) const {
    return bytes_.subspan(section.offset, section.bytes);
  }

  std::string_view text_of(SectionKind kind) const {
    const auto bytes = contents(sections_[static_cast<std::size_t>(kind) - 1]);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  void check_operators() const {
    for (const Node* node : model_.graph.nodes()) {
      if (!may_be_stored(*node)) damaged(node->described(), " is not expected in it");
    }
  }

  /// The parser asks for one constant after the other.
  Tensor constant(std::uint64_t number, DType dtype, const Shape& shape) {
    if (number != constants_)
      damaged("its constant ", constants_, " is written as stored(", number, ")");
    ++constants_;
    std::uint64_t bytes = 0;
    const auto size = static_cast<std::uint64_t>(num_elements(shape));
    if (__builtin_mul_overflow(size, size_of(dtype), &bytes) || bytes > kMaxBytes)
      damaged("constant ", number, " exceeds the address space");
    if (at(SectionKind::kElements) && sections_[cursor_].constant == number)
      return stored(sections_[cursor_++], bytes, dtype, shape);
    model_.packed_only.push_back(number);
    const auto zeros = reserve_zeros(bytes);
    return Tensor::borrow(const_cast<void*>(zeros.get()), dtype, shape, zeros);
  }

  bool at(SectionKind kind) const {
    return cursor_ < sections_.size() && sections_[cursor_].kind == kind;
  }

  Tensor stored(const Section& section, std::uint64_t bytes, DType dtype, const Shape& shape) {
    const std::span<const std::byte> range = contents(section);
    if (range.size() != bytes)
      damaged("constant ", section.constant, " has ", range.size(), " bytes, but needs ", bytes);
    const auto is_bool = [](std::byte byte) {
      return byte == std::byte{0} || byte == std::byte{1};
    };
    if (dtype == DType::kBool && !std::ranges::all_of(range, is_bool))
      damaged("constant ", section.constant, " has an element that is neither true nor false");
    return Tensor::borrow(const_cast<std::byte*>(range.data()), dtype, shape, owner_of_(range));
  }

  void read_packed() {
    std::set<std::pair<std::size_t, std::string>> known;
    for (; at(SectionKind::kPacked); ++cursor_) {
      PackedConstant packed = packed_constant(sections_[cursor_]);
      if (!known.emplace(packed.constant, packed.layout).second)
        damaged("constant ", packed.constant, " is packed twice as ", quote(packed.layout));
      model_.packed.push_back(std::move(packed));
    }
    if (cursor_ != sections_.size()) damaged("section ", cursor_, " belongs to no constant");
    for (const std::size_t constant : model_.packed_only) {
      const auto first = known.lower_bound({constant, ""});
      if (first == known.end() || first->first != constant)
        damaged("constant ", constant, " has neither elements nor packed weights");
    }
  }

  PackedConstant packed_constant(const Section& section) const {
    const std::string_view layouts = text_of(SectionKind::kLayouts);
    if (section.constant >= constants_)
      damaged("section ", cursor_, " is of constant ", section.constant, ", but there are ",
              constants_);
    if (section.layout_offset > layouts.size() ||
        section.layout_bytes > layouts.size() - section.layout_offset)
      damaged("section ", cursor_, " names no layout");
    const std::span<const std::byte> range = contents(section);
    if (range.size() % sizeof(float) != 0)
      damaged("section ", cursor_, " holds no whole number of elements");
    const Shape shape = {static_cast<std::int64_t>(range.size() / sizeof(float))};
    return {section.constant,
            std::string(layouts.substr(section.layout_offset, section.layout_bytes)),
            Tensor::borrow(const_cast<std::byte*>(range.data()), DType::kFloat32, shape,
                           owner_of_(range))};
  }

  std::span<const std::byte> bytes_;
  std::string_view source_;
  OwnerOf owner_of_;
  Header header_;
  std::vector<Section> sections_;
  std::size_t cursor_ = kLeadingSections;  ///< The next section of a constant.
  std::uint64_t constants_ = 0;            ///< Met so far.
  CompiledModel model_;
};

}  // namespace

CompiledModel read_hwy(const std::filesystem::path& file) {
  const auto mapped = MappedFile::open(file);
  const std::string source = file.string();
  return Reader(mapped->bytes(), source,
                [&](std::span<const std::byte> range) { return own_range(mapped, range); })
      .read();
}

CompiledModel read_hwy(std::span<const std::byte> bytes, std::string_view source,
                       std::shared_ptr<const void> owner) {
  return Reader(bytes, source, [&](std::span<const std::byte>) { return owner; }).read();
}

}  // namespace headway
