// Lines of `size` elements that lie `inner` apart.

// Line `line` begins here.
int first_of_line(int line, int size, int inner) {
  return line / inner * size * inner + line % inner;
}

float finished(float x, float largest, float total, int logarithm) {
  return logarithm ? x - largest - total : exp(x - largest) * total;
}

kernel void softmax_rows(global const float* x, global float* y, local float* partial, int size,
                         int inner, int logarithm) {
  const int item = get_local_id(0), items = get_local_size(0);
  const int first = first_of_line(get_group_id(0), size, inner);
  float largest = -INFINITY;
  for (int i = item; i < size; i += items) largest = larger_of(largest, x[first + i * inner]);
  largest = group_max(partial, largest);
  float total = 0.0f;
  for (int i = item; i < size; i += items) total += exp(x[first + i * inner] - largest);
  total = group_sum(partial, total);
  total = logarithm ? log(total) : 1.0f / total;
  for (int i = item; i < size; i += items)
    y[first + i * inner] = finished(x[first + i * inner], largest, total, logarithm);
}

kernel void softmax_columns(global const float* x, global float* y, int count, int size, int inner,
                            int logarithm) {
  const int line = get_global_id(0);
  if (line >= count) return;
  const int first = first_of_line(line, size, inner);
  float largest = -INFINITY;
  for (int i = 0; i < size; ++i) largest = larger_of(largest, x[first + i * inner]);
  float total = 0.0f;
  for (int i = 0; i < size; ++i) total += exp(x[first + i * inner] - largest);
  total = logarithm ? log(total) : 1.0f / total;
  for (int i = 0; i < size; ++i)
    y[first + i * inner] = finished(x[first + i * inner], largest, total, logarithm);
}

// Divides by the norm: of absolutes, or of squares. A line of zeros stays one.
kernel void lp_normalize(global const float* x, global float* y, local float* partial, int size,
                         int inner, int squares) {
  const int item = get_local_id(0), items = get_local_size(0);
  const int first = first_of_line(get_group_id(0), size, inner);
  float total = 0.0f;
  for (int i = item; i < size; i += items) {
    const float value = x[first + i * inner];
    total += squares ? value * value : fabs(value);
  }
  total = group_sum(partial, total);
  const float norm = squares ? sqrt(total) : total;
  for (int i = item; i < size; i += items)
    y[first + i * inner] = norm == 0.0f ? 0.0f : x[first + i * inner] / norm;
}
