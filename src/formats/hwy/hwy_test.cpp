#include "formats/hwy/hwy.h"

#include <cstring>
#include <fstream>
#include <functional>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_folder.h"
#include "formats/format.h"
#include "formats/hwy/file_layout.h"
#include "formats/hwy/writer_id.h"
#include "graph/text.h"
#include "graph/verify.h"

namespace headway {
namespace {

using namespace hwy;

constexpr std::size_t kGraph = 0, kLayouts = 2, kWords = 3, kFlag = 4, kFirstPacked = 5;

/// Constant 0 is packed in two layouts and nowhere else, 1 is int64, 2 is bool.
CompiledModel example() {
  CompiledModel model;
  model.target = {"avx512", 16, 2, true, true};
  model.choices = "conv 1\tdirect\n";
  model.graph = parse_graph(R"(graph net (%x: float32[2,3]) -> (%y, %flag) {
  %w: float32[3,4] = constant random(1)
  %words: int64[2] = constant {8, -1}
  %flag: bool[2] = constant {true, false}
  %m = headway.FusedMatMul(%x, %w) {activation = "Relu"}
  %y = Reshape(%m, %words)
})");
  for (const char* layout : {"gemm 3 4", "gemm transposed"}) {
    Tensor packed = Tensor::allocate(DType::kFloat32, {64});
    std::ranges::fill(packed.values<float>(), 1.5f);
    model.packed.push_back({0, layout, std::move(packed)});
  }
  model.packed_only = {0};
  return model;
}

/// The bytes of a compiled file, to be damaged, at the alignment that reading asks for.
class Image {
 public:
  Image() : bytes_(to_hwy(example())) {}

  Header& header() { return *at<Header>(0); }
  Section& section(std::size_t index) {
    return *at<Section>(sizeof(Header) + index * sizeof(Section));
  }
  std::string& bytes() { return bytes_; }

  CompiledModel read() {
    const auto size = static_cast<std::int64_t>(bytes_.size());
    Tensor copy = Tensor::allocate(DType::kUInt8, {size});
    std::memcpy(copy.raw(), bytes_.data(), bytes_.size());
    const auto owner = std::make_shared<Tensor>(copy);
    return read_hwy({static_cast<const std::byte*>(copy.raw()), bytes_.size()}, "net.hwy", owner);
  }

  /// What reading it says; the sentence must name the file.
  std::string error(ErrorCode code = ErrorCode::kInvalidModel) {
    try {
      read();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_NE(std::string(error.what()).find("'net.hwy'"), std::string::npos) << error.what();
      return error.what();
    }
    return "read";
  }

 private:
  template <typename T>
  T* at(std::size_t offset) {
    return reinterpret_cast<T*>(bytes_.data() + offset);
  }
  std::string bytes_;
};

void expect_same_elements(const Tensor& a, const Tensor& b) {
  ASSERT_EQ(a.dtype(), b.dtype());
  ASSERT_EQ(a.shape(), b.shape());
  EXPECT_EQ(std::memcmp(a.raw(), b.raw(), a.byte_size()), 0);
}

TEST(Hwy, IsReadAsItWasWritten) {
  const CompiledModel model = example();
  const CompiledModel again = Image().read();
  verify(again.graph);
  EXPECT_EQ(print_graph(again.graph, ConstantText::kStored),
            print_graph(model.graph, ConstantText::kStored));
  EXPECT_EQ(again.target.isa, "avx512");
  EXPECT_EQ(again.target.vector_width, 16u);
  EXPECT_EQ(again.target.threads, 2u);
  EXPECT_TRUE(again.target.fused);
  EXPECT_TRUE(again.target.winograd);
  EXPECT_EQ(again.choices, model.choices);
  EXPECT_EQ(again.packed_only, model.packed_only);
  ASSERT_EQ(again.packed.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(again.packed[i].constant, 0u);
    EXPECT_EQ(again.packed[i].layout, model.packed[i].layout);
    expect_same_elements(again.packed[i].elements, model.packed[i].elements);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(again.packed[i].elements.raw()) % 64, 0u);
  }
  for (const std::size_t i : {1u, 2u}) {
    expect_same_elements(again.graph.constants()[i]->constant(),
                         model.graph.constants()[i]->constant());
  }
}

TEST(Hwy, ConstantsThatAreOnlyPackedReadAsZeros) {
  const CompiledModel model = Image().read();
  const Tensor& absent = model.graph.constants()[0]->constant();
  EXPECT_EQ(absent.shape(), (Shape{3, 4}));
  for (const float element : absent.values<float>()) EXPECT_EQ(element, 0.0f);
}

TEST(Hwy, BigSectionsBeginOnAPage) {
  CompiledModel model = example();
  model.packed[1].elements = Tensor::zeros(DType::kFloat32, {kBigSection});
  const TestFolder folder;
  write_hwy(model, folder.path() / "net.hwy");
  const CompiledModel again = read_hwy(folder.path() / "net.hwy");
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(again.packed[1].elements.raw()) % kPageBytes, 0u);
}

TEST(Hwy, OperatorsThatNoFileMayHoldAreNotWritten) {
  CompiledModel model = example();
  model.graph.add_output(model.graph
                             .add_node("BlockChannels", {model.graph.inputs()[0]}, {"blocked"},
                                       {{"block", std::int64_t{16}}}, "", "headway")
                             ->output());
  EXPECT_THROW(to_hwy(model), Error);
}

TEST(Hwy, IsRecognized) {
  const std::string bytes = Image().bytes();
  EXPECT_EQ(detect_kind(std::as_bytes(std::span(bytes))), FileKind::kCompiled);
}

TEST(Hwy, EveryTruncationIsRefused) {
  const std::string whole = Image().bytes();
  for (std::size_t size = 0; size < whole.size(); size += size < 600 ? 1 : 37) {
    Image image;
    image.bytes().resize(size);
    EXPECT_NE(image.error().find("copy it again"), std::string::npos) << size;
  }
}

TEST(Hwy, TrailingBytesAreRefused) {
  Image image;
  image.bytes() += "more";
  EXPECT_NE(image.error().find("bytes, but has"), std::string::npos);
}

TEST(Hwy, OtherVersionsAreRefused) {
  const auto refused = [](const std::function<void(Header&)>& change, std::string_view fragment) {
    Image image;
    change(image.header());
    const std::string message = image.error(ErrorCode::kUnsupported);
    EXPECT_NE(message.find(fragment), std::string::npos) << message;
    EXPECT_NE(message.find("compile the model again"), std::string::npos) << message;
  };
  refused([](Header& header) { header.byte_order = 0x04030201; }, "byte order");
  refused([](Header& header) { header.format_version = 2; }, "version 2");
  refused([](Header& header) { header.writer[0] = '9'; }, std::string(writer_id()));
  refused([](Header& header) { header.writer = {'\n', '\xff'}; }, "\"\\n\\xff\"");
}

TEST(Hwy, AnotherFileIsNoCompiledModel) {
  Image image;
  image.bytes()[1] = 'h';
  EXPECT_NE(image.error().find("is no compiled model"), std::string::npos);
}

TEST(Hwy, SectionsMustLieInTheFile) {
  const auto refused = [](const std::function<void(Section&)>& change) {
    Image image;
    change(image.section(kFirstPacked));
    const std::string message = image.error();
    EXPECT_NE(message.find("section 5 has no valid place"), std::string::npos) << message;
  };
  refused([](Section& section) { section.offset += 4; });
  refused([](Section& section) { section.offset = 64; });
  refused([](Section& section) { section.offset = ~std::uint64_t{63}; });
  refused([](Section& section) { section.bytes = ~std::uint64_t{0} - section.offset + 65; });
  refused([](Section& section) { section.bytes = std::uint64_t{1} << 40; });
  refused([](Section& section) { section.offset -= 128; });
}

TEST(Hwy, SectionsComeInOrder) {
  const auto refused = [](const std::function<void(Image&)>& change, std::string_view fragment) {
    Image image;
    change(image);
    const std::string message = image.error();
    EXPECT_NE(message.find(fragment), std::string::npos) << message;
  };
  const auto kind = [](int number) { return static_cast<SectionKind>(number); };
  refused([&](Image& i) { i.section(kGraph).kind = kind(4); }, "section 0 of kind 4");
  refused([&](Image& i) { i.section(kLayouts).kind = kind(2); }, "section 2 of kind 2");
  refused([&](Image& i) { i.section(kLayouts).kind = kind(5); }, "section 2 of kind 5");
  refused([&](Image& i) { i.section(kWords).kind = kind(5); }, "section 4 of kind 4");
  refused([&](Image& i) { i.section(kFlag).kind = kind(0); }, "section 4 of kind 0");
  refused([&](Image& i) { i.section(kFlag).kind = kind(99); }, "section 4 of kind 99");
  refused([](Image& i) { i.header().section_count = 2; }, "no graph");
  refused([](Image& i) { i.header().section_count = ~0u; }, "table of sections");
  refused([](Image& i) { i.section(kFlag).constant = 1; }, "section 4");
  refused([](Image& i) { i.section(kFlag).constant = 9; }, "section 4 belongs to no constant");
  refused([](Image& i) { i.section(kFirstPacked).constant = 3; }, "section 6");
  refused([](Image& i) { i.section(kFirstPacked + 1).constant = 3; }, "there are 3");
}

TEST(Hwy, ConstantsMustBeComplete) {
  const auto refused = [](const std::function<void(Image&)>& change, std::string_view fragment) {
    Image image;
    change(image);
    const std::string message = image.error();
    EXPECT_NE(message.find(fragment), std::string::npos) << message;
  };
  refused([](Image& i) { i.section(kWords).bytes = 8; }, "has 8 bytes, but needs 16");
  refused([](Image& i) { i.bytes()[i.section(kFlag).offset] = 2; }, "neither true nor false");
  refused([](Image& i) { i.section(kFirstPacked).bytes = 254; }, "whole number");
  refused([](Image& i) { i.section(kFirstPacked).layout_offset = 1000; }, "names no layout");
  refused([](Image& i) { i.section(kFirstPacked).layout_bytes = ~0u; }, "names no layout");
  refused(
      [](Image& i) {
        i.section(kFirstPacked + 1).layout_offset = i.section(kFirstPacked).layout_offset;
        i.section(kFirstPacked + 1).layout_bytes = i.section(kFirstPacked).layout_bytes;
      },
      "packed twice as \"gemm 3 4\"");
  refused([](Image& i) { i.section(kFirstPacked).constant = 1; }, "section 6");
  refused(
      [](Image& i) {
        i.section(kFirstPacked).constant = 1;
        i.section(kFirstPacked + 1).constant = 1;
      },
      "constant 0 has neither");
}

/// Replaces a part of the graph's text by another one of the same length.
std::string with_text(const std::string& from, const std::string& to) {
  Image image;
  const std::size_t place = image.bytes().find(from);
  EXPECT_NE(place, std::string::npos);
  EXPECT_EQ(from.size(), to.size());
  image.bytes().replace(place, from.size(), to);
  return image.error();
}

TEST(Hwy, TheGraphIsChecked) {
  EXPECT_NE(with_text("FusedMatMul(%x", "FusedMatMul(%z").find("%z is not defined"),
            std::string::npos);
  EXPECT_NE(with_text("stored(1)", "stored(0)").find("constant 1 is written as stored(0)"),
            std::string::npos);
  EXPECT_NE(with_text("stored(2)", "splat(1)}").find("'net.hwy' graph:"), std::string::npos);
  EXPECT_NE(with_text("FusedMatMul(%x", "BlockedConv(%x").find("is not expected in it"),
            std::string::npos);
  EXPECT_NE(with_text("float32[3,4]", "float32[3,?]").find("must be a number"), std::string::npos);
}

}  // namespace
}  // namespace headway
