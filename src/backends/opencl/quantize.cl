// T: the type of the quantized elements; CONVERT: to it, rounded and kept within its range.

// As in quantize.cpp: which scale belongs to an element.
typedef struct {
  int whole, extent, inner, block, blocks;
} Scales;

int scale_of(const Scales scales, int i) {
  if (scales.whole) return 0;
  const int along = i / scales.inner % scales.extent;
  if (scales.block == 0) return along;
  const int outer = i / scales.inner / scales.extent;
  return (outer * scales.blocks + along / scales.block) * scales.inner + i % scales.inner;
}

kernel void quantize(global const float* x, global const float* scale, global const T* zero,
                     global T* y, int count, Scales scales) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int at = scale_of(scales, i);
  y[i] = CONVERT(rint(x[i] / scale[at]) + (zero == 0 ? 0.0f : (float)zero[at]));
}

kernel void dequantize(global const T* x, global const float* scale, global const T* zero,
                       global float* y, int count, Scales scales) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int at = scale_of(scales, i);
  y[i] = (float)((long)x[i] - (zero == 0 ? 0 : (long)zero[at])) * scale[at];
}

// The scale and zero point with which [0, 255] holds all elements and zero. One group.
kernel void find_range(global const float* x, global float* scale, global T* zero,
                       local float* partial, int count) {
  const int item = get_local_id(0), items = get_local_size(0);
  float low = 0.0f, high = 0.0f;
  for (int i = item; i < count; i += items) {
    low = fmin(low, x[i]);
    high = fmax(high, x[i]);
  }
  high = group_max(partial, high);
  low = -group_max(partial, -low);
  if (item != 0) return;
  scale[0] = high > low ? (high - low) / 255.0f : 1.0f;
  zero[0] = CONVERT(rint(-low / scale[0]));
}
