// Rows of `size` elements get mean 0 (if `centred`) and variance 1. Element i of a row belongs to
// channel (row % groups) * group_channels + i / inner, which perhaps has a scale and a shift. The
// mean and the inverse deviation of each row are written where there is room for them.
kernel void normalize_rows(global const float* x, global const float* scale,
                           global const float* shift, global float* y, global float* means,
                           global float* inverses, local float* partial, int size, int groups,
                           int group_channels, int inner, int centred, float epsilon) {
  const int row = get_group_id(0), item = get_local_id(0), items = get_local_size(0);
  global const float* from = x + row * size;
  global float* to = y + row * size;
  float mean = 0.0f;
  if (centred) {
    float sum = 0.0f;
    for (int i = item; i < size; i += items) sum += from[i];
    mean = group_sum(partial, sum) / size;
  }
  float squares = 0.0f;
  for (int i = item; i < size; i += items) squares += (from[i] - mean) * (from[i] - mean);
  const float inverse = 1.0f / sqrt(group_sum(partial, squares) / size + epsilon);
  if (item == 0 && means != 0) means[row] = mean;
  if (item == 0 && inverses != 0) inverses[row] = inverse;
  const int first_channel = row % groups * group_channels;
  for (int i = item; i < size; i += items) {
    const int channel = first_channel + i / inner;
    const float factor = scale == 0 ? inverse : inverse * scale[channel];
    to[i] = (from[i] - mean) * factor + (shift == 0 ? 0.0f : shift[channel]);
  }
}

kernel void batch_norm(global const float* x, global const float* scale, global const float* bias,
                       global const float* mean, global const float* variance, global float* y,
                       int count, int channels, int inner, float epsilon, int kind, float a,
                       float b) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int channel = i / inner % channels;
  const float factor = scale[channel] / sqrt(variance[channel] + epsilon);
  y[i] = activate((x[i] - mean[channel]) * factor + bias[channel], kind, a, b);
}

kernel void scale_shift(global const float* x, global const float* scale, global const float* shift,
                        global float* y, int count, Walk walk, int kind, float a, float b) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const float product = x[i] * scale[walk_to(walk, 1, i)];
  y[i] = activate(product + shift[walk_to(walk, 2, i)], kind, a, b);
}

// x / (bias + factor · Σ squares of neighbouring channels)^beta
kernel void lrn(global const float* x, global float* y, int count, int channels, int inner,
                int before, int after, float factor, float beta, float bias) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int channel = i / inner % channels;
  const int low = max(-before, -channel), high = min(after, channels - 1 - channel);
  float squares = 0.0f;
  for (int c = low; c <= high; ++c) squares += x[i + c * inner] * x[i + c * inner];
  y[i] = x[i] / pow(bias + factor * squares, beta);
}
