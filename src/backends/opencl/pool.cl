// As in pool.cpp: up to three axes, outermost first.
typedef struct {
  int input[3], output[3], kernel_size[3], stride[3], dilation[3], pad_begin[3], pad_end[3];
} Windows;

// The taps of the window at `place` along an axis that lie within [low, high).
int2 taps_within(const Windows windows, int axis, int place, int low, int high) {
  const int start = place * windows.stride[axis] - windows.pad_begin[axis];
  const int dilation = windows.dilation[axis];
  const int first = start >= low ? 0 : (low - start + dilation - 1) / dilation;
  const int end = high <= start ? 0 : (high - start + dilation - 1) / dilation;
  return (int2)(first, min(end, windows.kernel_size[axis]));
}

// How many taps of the window lie in the padded input.
int padded_taps(const Windows windows, const int* place) {
  int count = 1;
  for (int axis = 0; axis < 3; ++axis) {
    const int high = windows.input[axis] + windows.pad_end[axis];
    count *= max(taps_within(windows, axis, place[axis], -windows.pad_begin[axis], high).y, 0);
  }
  return count;
}

#define FOR_EACH_TAP(offset)                                                                      \
  for (int z = taps[0].x; z < taps[0].y; ++z)                                                     \
    for (int y = taps[1].x; y < taps[1].y; ++y)                                                   \
      for (int x = taps[2].x, offset = ((start[0] + z * windows.dilation[0]) * windows.input[1] + \
                                        start[1] + y * windows.dilation[1]) *                     \
                                           windows.input[2] +                                     \
                                       start[2] + x * windows.dilation[2];                        \
           x < taps[2].y; ++x, offset += windows.dilation[2])

// One work-item for each window of each of the planes. `kind`: 0 maximum, 1 mean, 2 mean with
// padding counted, 3 sum of absolutes, 4 root of the sum of squares. `indices`: of the maxima, or
// none.
kernel void pool(global const float* input, global float* output, global long* indices, int count,
                 int kind, int by_column, Windows windows) {
  const int i = get_global_id(0);
  if (i >= count) return;
  int place[3], start[3];
  int2 taps[3];
  int rest = i;
  for (int axis = 2; axis >= 0; --axis) {
    place[axis] = rest % windows.output[axis];
    rest /= windows.output[axis];
    start[axis] = place[axis] * windows.stride[axis] - windows.pad_begin[axis];
    taps[axis] = taps_within(windows, axis, place[axis], 0, windows.input[axis]);
  }
  const int first = rest * windows.input[0] * windows.input[1] * windows.input[2];
  global const float* plane = input + first;
  if (kind == 0) {
    float best = -INFINITY;
    int best_offset = -1;
    FOR_EACH_TAP(offset) {
      const float value = plane[offset];
      if (best_offset < 0 || value > best || isnan(value)) {
        best = value;
        best_offset = offset;
      }
    }
    output[i] = best;
    if (indices == 0) return;
    best_offset = max(best_offset, 0);
    if (by_column) {
      const int column = best_offset % windows.input[2];
      const int row = best_offset / windows.input[2] % windows.input[1];
      const int slice = best_offset / windows.input[2] / windows.input[1];
      best_offset = (column * windows.input[1] + row) * windows.input[0] + slice;
    }
    indices[i] = first + best_offset;
    return;
  }
  float sum = 0.0f;
  if (kind == 3) {
    FOR_EACH_TAP(offset) sum += fabs(plane[offset]);
  } else if (kind == 4) {
    FOR_EACH_TAP(offset) sum += plane[offset] * plane[offset];
    sum = sqrt(sum);
  } else {
    int taken = 1;
    for (int axis = 0; axis < 3; ++axis) taken *= max(taps[axis].y - taps[axis].x, 0);
    if (kind == 2) taken = padded_taps(windows, place);
    FOR_EACH_TAP(offset) sum += plane[offset];
    sum = taken == 0 ? 0.0f : sum / taken;
  }
  output[i] = sum;
}
