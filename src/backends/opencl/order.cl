// T: the type of the elements. Lines of `size` elements that lie `inner` apart.

// True if element number i comes before number j: the larger one if `largest`, a NaN before all if
// `nan_first` and else after all; of equals the first one, or the last one if `last`.
bool comes_before(T a, int i, T b, int j, int largest, int nan_first, int last) {
  if (j < 0) return i >= 0;
  if (i < 0) return false;
  const bool a_is_nan = isnan((float)a), b_is_nan = isnan((float)b);
  if (a_is_nan != b_is_nan) return nan_first ? a_is_nan : b_is_nan;
  if (a < b) return !largest;
  if (a > b) return largest;
  return last ? i > j : i < j;
}

// The first of the candidates of a group's work-items (-1: none).
int group_first(local T* values, local int* places, T value, int place, int largest, int nan_first,
                int last) {
  const int item = get_local_id(0);
  barrier(CLK_LOCAL_MEM_FENCE);
  values[item] = value;
  places[item] = place;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_size = get_local_size(0) / 2; half_size > 0; half_size /= 2) {
    const int other = item + half_size;
    if (item < half_size && comes_before(values[other], places[other], values[item], places[item],
                                         largest, nan_first, last)) {
      values[item] = values[other];
      places[item] = places[other];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  return places[0];
}

kernel void arg_extreme(global const T* x, global long* y, local T* values, local int* places,
                        int size, int inner, int largest, int last) {
  const int line = get_group_id(0), item = get_local_id(0), items = get_local_size(0);
  global const T* from = x + line / inner * size * inner + line % inner;
  T best = from[0];
  int place = -1;
  for (int i = item; i < size; i += items) {
    const T value = from[i * inner];
    if (comes_before(value, i, best, place, largest, 0, last)) {
      best = value;
      place = i;
    }
  }
  place = group_first(values, places, best, place, largest, 0, last);
  if (item == 0) y[line] = place;
}

// One element after the other: the first of those that come after the one before.
kernel void top_k(global const T* x, global T* y, global long* indices, local T* values,
                  local int* places, int size, int inner, int taken, int largest) {
  const int line = get_group_id(0), item = get_local_id(0), items = get_local_size(0);
  global const T* from = x + line / inner * size * inner + line % inner;
  const int first = line / inner * taken * inner + line % inner;
  int previous = -1;
  for (int k = 0; k < taken; ++k) {
    const T bound = previous < 0 ? from[0] : from[previous * inner];
    T best = bound;
    int place = -1;
    for (int i = item; i < size; i += items) {
      const T value = from[i * inner];
      const bool is_left = previous < 0 || comes_before(bound, previous, value, i, largest, 1, 0);
      if (is_left && comes_before(value, i, best, place, largest, 1, 0)) {
        best = value;
        place = i;
      }
    }
    previous = group_first(values, places, best, place, largest, 1, 0);
    if (item == 0 && y != 0) y[first + k * inner] = from[previous * inner];
    if (item == 0 && indices != 0) indices[first + k * inner] = previous;
  }
}

// One work-item for each line. `kind`: 0 sums, 1 products.
kernel void cumulate(global const T* x, global T* y, int count, int size, int inner, int kind,
                     int exclusive, int reverse) {
  const int line = get_global_id(0);
  if (line >= count) return;
  const int first = line / inner * size * inner + line % inner;
  T total = kind;
  for (int i = 0; i < size; ++i) {
    const int at = first + (reverse ? size - 1 - i : i) * inner;
    const T next = kind == 0 ? total + x[at] : total * x[at];
    y[at] = exclusive ? total : next;
    total = next;
  }
}

kernel void range(global const T* start, global const T* delta, global T* y, int count) {
  const int i = get_global_id(0);
  if (i < count) y[i] = start[0] + (T)i * delta[0];
}
