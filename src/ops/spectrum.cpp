#include "ops/dims.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/fourier.h"
#include "ops/lines.h"
#include "ops/rules.h"

namespace headway {
namespace {

using Signal = std::vector<std::complex<double>>;

bool given(std::span<const Tensor> inputs, std::size_t index) {
  return index < inputs.size() && inputs[index].defined();
}

struct Direction {
  bool inverse, onesided;

  explicit Direction(const Node& node)
      : inverse(node.get_int("inverse", 0) != 0), onesided(node.get_int("onesided", 0) != 0) {}

  /// An inverse of half a spectrum gives real numbers.
  bool to_real() const { return inverse && onesided; }
};

/// What one axis of length `input` becomes if `length` is asked for.
Dim transformed_length(const Direction& direction, Dim input, bool asked, Dim length) {
  if (!asked) {
    length = input;
    if (direction.to_real()) {
      length = input.is_static() ? Dim(2 * (input.extent() - 1)) : Dim();
    }
  }
  if (!direction.onesided || direction.inverse) return length;
  return length.is_static() ? Dim(length.extent() / 2 + 1) : Dim();
}

void require_parts(const InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_min_rank(context, 0, 2);
  const TensorType& x = context.input(0);
  if (!x.shape) return;
  const Dim& parts = x.shape->back();
  if (parts.is_static() && parts != Dim(1) && parts != Dim(2)) {
    context.fail("the last axis of ", x.to_string(),
                 " must hold one real number, or the two parts of a complex one");
  }
}

std::optional<std::int64_t> known_scalar(const InferContext& context, std::size_t input) {
  const auto values = known_ints(context, input);
  if (!values) return std::nullopt;
  if (values->size() != 1) context.fail("input ", input, " must be one number");
  return values->front();
}

Dim length_input(const InferContext& context, std::size_t input) {
  if (!context.has_input(input)) return Dim();
  const auto length = known_scalar(context, input);
  if (!length) return Dim();
  if (*length < 1) context.fail("a transform of length ", *length, " is impossible");
  return Dim(*length);
}

void infer_dft(InferContext& context) {
  require_parts(context);
  const TensorType& x = context.input(0);
  if (!x.shape) return context.set_output(0, x);
  SymbolicShape shape = *x.shape;
  std::optional<std::int64_t> axis = context.node().get_int("axis", 1);
  if (context.has_input(2)) axis = known_scalar(context, 2);
  if (!axis) return context.set_output(0, {x.dtype, SymbolicShape(shape.size())});
  const std::size_t at = resolve_axis(context.node(), *axis, shape.size());
  if (at + 1 == shape.size()) context.fail("axis must not be the axis of the complex parts");
  const Direction direction(context.node());
  shape[at] =
      transformed_length(direction, shape[at], context.has_input(1), length_input(context, 1));
  shape.back() = Dim(direction.to_real() ? 1 : 2);
  context.set_output(0, {x.dtype, shape});
}

/// Half a spectrum, completed by the symmetry that a real signal's has.
void complete(Signal& spectrum, std::size_t length) {
  spectrum.resize(length);
  spectrum[0] = spectrum[0].real();
  for (std::size_t k = 1; k < length; ++k) {
    if (2 * k == length) spectrum[k] = spectrum[k].real();
    if (2 * k > length) spectrum[k] = std::conj(spectrum[length - k]);
  }
}

/// One element of a real or complex tensor whose elements lie `parts` apart.
template <typename T>
std::complex<double> element(const T* x, std::int64_t index, std::int64_t parts) {
  const T* at = x + index * parts;
  return {static_cast<double>(load(at[0])), parts == 2 ? static_cast<double>(load(at[1])) : 0.0};
}

template <typename T>
void store_parts(T* y, std::int64_t index, std::int64_t parts, std::complex<double> value) {
  y[index * parts] = store<T>(value.real());
  if (parts == 2) y[index * parts + 1] = store<T>(value.imag());
}

void run_dft(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Tensor& x = inputs[0];
  const Direction direction(node);
  const std::int64_t wanted =
      given(inputs, 2) ? to_ints(inputs[2]).front() : node.get_int("axis", 1);
  const std::size_t axis = resolve_axis(node, wanted, x.rank());
  const Shape from(x.shape().begin(), x.shape().end() - 1);
  const Shape to(outputs[0].shape().begin(), outputs[0].shape().end() - 1);
  const Lines lines(from, axis);
  const std::int64_t in_parts = x.shape().back(), out_parts = outputs[0].shape().back();
  std::int64_t length = direction.to_real() ? 2 * (lines.extent - 1) : lines.extent;
  if (given(inputs, 1)) length = to_ints(inputs[1]).front();
  if (length < 1) return;
  const auto size = static_cast<std::size_t>(length);
  Signal signal;
  dispatch_floats(x.dtype(), [&]<typename T>(std::type_identity<T>) {
    for (std::int64_t line = 0; line < lines.count(); ++line) {
      const std::int64_t source = lines.first(line, lines.extent);
      const std::int64_t target = lines.first(line, to[axis]);
      signal.assign(size, 0.0);
      for (std::int64_t i = 0; i < std::min(lines.extent, length); ++i) {
        signal[static_cast<std::size_t>(i)] =
            element(x.data<T>(), source + i * lines.inner, in_parts);
      }
      if (direction.to_real()) complete(signal, size);
      const Signal result = fourier_transform(signal, direction.inverse);
      for (std::int64_t i = 0; i < to[axis]; ++i) {
        store_parts(outputs[0].data<T>(), target + i * lines.inner, out_parts,
                    result[static_cast<std::size_t>(i)]);
      }
    }
  });
}

/// Length of a frame: as given, that of the window, or that of the signal.
Dim frame_length(const InferContext& context, const Dim& signal) {
  if (context.has_input(3)) return length_input(context, 3);
  if (!context.has_input(2)) return signal;
  const TensorType& window = context.input(2);
  return window.shape && !window.shape->empty() ? window.shape->front() : Dim();
}

void infer_stft(InferContext& context) {
  require_parts(context);
  require_rank(context, 0, 3);
  const TensorType& x = context.input(0);
  const Dim signal = x.shape ? (*x.shape)[1] : Dim();
  const Dim frame = frame_length(context, signal);
  require_vector(context, 2, frame);
  const std::optional<std::int64_t> step = known_scalar(context, 1);
  if (step && *step < 1) context.fail("frame_step is ", *step, " but must be positive");
  Dim frames, bins;
  if (frame.is_static()) {
    bins = context.node().get_int("onesided", 1) != 0 ? Dim(frame.extent() / 2 + 1) : frame;
    if (signal.is_static() && step) {
      if (frame.extent() > signal.extent()) {
        context.fail("a frame of ", frame.extent(), " does not fit into a signal of ",
                     signal.extent());
      }
      frames = Dim((signal.extent() - frame.extent()) / *step + 1);
    }
  }
  context.set_output(
      0, {x.dtype, SymbolicShape{x.shape ? x.shape->front() : Dim(), frames, bins, Dim(2)}});
}

void run_stft(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Tensor& x = inputs[0];
  const std::int64_t length = x.dim(1), parts = x.dim(2), step = to_ints(inputs[1]).front();
  std::int64_t frame = length;
  if (given(inputs, 2)) frame = inputs[2].dim(0);
  if (given(inputs, 3)) frame = to_ints(inputs[3]).front();
  std::vector<double> window(static_cast<std::size_t>(frame), 1.0);
  if (given(inputs, 2)) window = to_doubles(inputs[2]);
  if (static_cast<std::int64_t>(window.size()) != frame) {
    fail(ErrorCode::kInvalidModel, node.described(), ": a window of ", window.size(),
         " elements does not fit frames of ", frame);
  }
  const std::int64_t frames = outputs[0].dim(1), bins = outputs[0].dim(2);
  Signal signal(window.size());
  dispatch_floats(x.dtype(), [&]<typename T>(std::type_identity<T>) {
    for (std::int64_t i = 0; i < x.dim(0) * frames; ++i) {
      const std::int64_t first = i / frames * length + i % frames * step;
      for (std::size_t t = 0; t < signal.size(); ++t) {
        signal[t] = window[t] * element(x.data<T>(), first + static_cast<std::int64_t>(t), parts);
      }
      const Signal result = fourier_transform(signal, false);
      for (std::int64_t k = 0; k < bins; ++k) {
        store_parts(outputs[0].data<T>(), i * bins + k, 2, result[static_cast<std::size_t>(k)]);
      }
    }
  });
}

}  // namespace

std::vector<Operator> spectrum_operators() {
  return {
      {"DFT",
       "",
       20,
       1,
       3,
       1,
       1,
       {{"axis", AttributeKind::kInt},
        {"inverse", AttributeKind::kInt},
        {"onesided", AttributeKind::kInt}},
       infer_dft,
       run_dft},
      {"STFT", "", 17, 2, 4, 1, 1, {{"onesided", AttributeKind::kInt}}, infer_stft, run_stft},
  };
}

}  // namespace headway
