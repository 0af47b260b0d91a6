// As in resize.cpp: the last three axes, outermost first. Output place p of an axis is made of
// `taps` input places from first_tap + p * taps on, in the tables.
typedef struct {
  int input[3], output[3], taps[3], first_tap[3];
} Resampling;

#ifdef T
kernel void resize_nearest(global const T* x, global T* y, global const int* positions, int count,
                           Resampling axes) {
  const int i = get_global_id(0);
  if (i >= count) return;
  int from = 0, stride = 1, rest = i;
  for (int axis = 2; axis >= 0; --axis) {
    from += positions[axes.first_tap[axis] + rest % axes.output[axis]] * stride;
    stride *= axes.input[axis];
    rest /= axes.output[axis];
  }
  y[i] = x[rest * stride + from];
}
#else
kernel void resize(global const float* x, global float* y, global const int* positions,
                   global const float* weights, int count, Resampling axes) {
  const int i = get_global_id(0);
  if (i >= count) return;
  int first[3], rest = i;
  for (int axis = 2; axis >= 0; --axis) {
    first[axis] = axes.first_tap[axis] + rest % axes.output[axis] * axes.taps[axis];
    rest /= axes.output[axis];
  }
  float sum = 0.0f;
  for (int a = first[0]; a < first[0] + axes.taps[0]; ++a) {
    const int slice = rest * axes.input[0] + positions[a];
    for (int b = first[1]; b < first[1] + axes.taps[1]; ++b) {
      const int row = (slice * axes.input[1] + positions[b]) * axes.input[2];
      const float weight = weights[a] * weights[b];
      for (int c = first[2]; c < first[2] + axes.taps[2]; ++c)
        sum += weight * weights[c] * x[row + positions[c]];
    }
  }
  y[i] = sum;
}
#endif
