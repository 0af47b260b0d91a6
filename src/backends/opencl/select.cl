// T: any type.
kernel void select_elements(global const uchar* condition, global const T* a, global const T* b,
                            global T* y, int count, Walk walk) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int3 at = walk_to(walk, i);
  y[i] = condition[at.x] ? a[at.y] : b[at.z];
}
