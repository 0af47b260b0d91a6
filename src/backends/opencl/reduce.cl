// T: the type of the elements; IS_FLOAT where it is float. The numbers are those of reduce.cpp.

#ifdef IS_FLOAT
#define IS_NAN(x) isnan(x)
#define MAGNITUDE(x) fabs(x)
#else
#define IS_NAN(x) false
#define MAGNITUDE(x) (T) abs(x)
#endif

T prepared(T x, int kind) {
  if (kind == 5) return MAGNITUDE(x);
  if (kind == 6 || kind == 7) return x * x;
  return x;
}

T combined(T a, T b, int kind) {
  switch (kind) {
    case 2:
      return b > a || IS_NAN(b) ? b : a;
    case 3:
      return b < a || IS_NAN(b) ? b : a;
    case 4:
      return a * b;
  }
  return a + b;
}

// `element`: any of the row.
T neutral(T element, int kind) {
  return kind == 2 || kind == 3 ? element : kind == 4 ? 1 : 0;
}

T finished(T total, int size, int kind) {
#ifdef IS_FLOAT
  if (kind == 1) return total / size;
  if (kind == 6) return sqrt(total);
  if (kind == 8) return log(total);
#endif
  return total;
}

// What work-item `item` of `items` makes of its part of a row.
T reduced(global const T* row, int item, int items, int size, int kind, const Walk walk) {
  T total = neutral(row[0], kind);
  for (int i = item; i < size; i += items)
    total = combined(total, prepared(row[walk_to(walk, 0, i)], kind), kind);
  return total;
}

kernel void reduce_columns(global const T* x, global T* y, int count, int size, int kind, Walk kept,
                           Walk walk) {
  const int i = get_global_id(0);
  if (i >= count) return;
  y[i] = finished(reduced(x + walk_to(kept, 0, i), 0, 1, size, kind, walk), size, kind);
}

kernel void reduce_rows(global const T* x, global T* y, local T* partial, int size, int kind,
                        Walk kept, Walk walk) {
  const int row = get_group_id(0), item = get_local_id(0), items = get_local_size(0);
  partial[item] = reduced(x + walk_to(kept, 0, row), item, items, size, kind, walk);
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_size = items / 2; half_size > 0; half_size /= 2) {
    if (item < half_size) partial[item] = combined(partial[item], partial[item + half_size], kind);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  if (item == 0) y[row] = finished(partial[0], size, kind);
}

#ifdef IS_FLOAT
// The largest exponent is taken out first, so that nothing overflows.
kernel void log_sum_exp(global const float* x, global float* y, local float* partial, int size,
                        Walk kept, Walk walk) {
  const int row = get_group_id(0), item = get_local_id(0), items = get_local_size(0);
  global const float* first = x + walk_to(kept, 0, row);
  float largest = group_max(partial, reduced(first, item, items, size, 2, walk));
  if (isinf(largest)) largest = 0.0f;
  float total = 0.0f;
  for (int i = item; i < size; i += items) total += exp(first[walk_to(walk, 0, i)] - largest);
  total = group_sum(partial, total);
  if (item == 0) y[row] = largest + log(total);
}
#endif
