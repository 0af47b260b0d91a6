#include "node_testing.h"

namespace headway {
namespace {

constexpr std::int64_t kLengths[] = {1,  2,  3,  4,  5,   7,   8,   13, 16,
                                     17, 30, 37, 49, 121, 169, 251, 400};

Tensor number(std::int64_t value) {
  return Tensor::from<std::int64_t>({}, {value});
}

TEST(FourierOperators, Dft) {
  Random random(1);
  for (const std::int64_t length : kLengths) {
    for (int i = 0; i < 16; ++i) {
      const bool inverse = i % 2 == 1, onesided = i / 2 % 2 == 1;
      Shape shape(1 + random.below(3));
      for (std::int64_t& extent : shape) extent = 1 + static_cast<std::int64_t>(random.below(9));
      const auto axis = random.below(shape.size());
      shape[axis] = inverse && onesided ? length / 2 + 1 : length;
      shape.push_back(!(inverse && onesided) && i / 4 % 2 == 0 && !onesided ? 2 : 1);
      if (inverse && onesided) shape.back() = 2;
      NodeCase c{"DFT", {random_tensor(shape, random.next())}};
      c.attributes = {{"inverse", std::int64_t{inverse}}, {"onesided", std::int64_t{onesided}}};
      const bool other = i / 8 % 2 == 1;
      c.inputs.push_back(number(other ? 1 + static_cast<std::int64_t>(random.below(60)) : length));
      c.inputs.push_back(number(static_cast<std::int64_t>(axis)));
      c.constants = {1, 2};
      expect_near_reference(c, 1e-5);
    }
  }
}

TEST(FourierOperators, Stft) {
  Random random(2);
  for (int i = 0; i < 40; ++i) {
    const std::int64_t frame = kLengths[random.below(std::size(kLengths))];
    const std::int64_t onesided = i % 2;
    const std::int64_t parts = onesided != 0 ? 1 : 1 + static_cast<std::int64_t>(random.below(2));
    const Shape shape = {1 + static_cast<std::int64_t>(random.below(3)),
                         frame + static_cast<std::int64_t>(random.below(500)), parts};
    NodeCase c{"STFT",
               {random_tensor(shape, random.next()),
                number(1 + static_cast<std::int64_t>(random.below(40))),
                i % 3 == 0 ? Tensor() : random_tensor({frame}, random.next()), number(frame)}};
    c.attributes = {{"onesided", onesided}};
    c.constants = {1, 3};
    expect_near_reference(c, 1e-5);
  }
}

}  // namespace
}  // namespace headway
