// T: any type.
kernel void select_elements(global const uchar* condition, global const T* a, global const T* b,
                            global T* y, int count, Walk walk) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const bool is_first = condition[walk_to(walk, 0, i)] != 0;
  y[i] = is_first ? a[walk_to(walk, 1, i)] : b[walk_to(walk, 2, i)];
}
