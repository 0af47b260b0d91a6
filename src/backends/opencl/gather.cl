// T: the type that is moved. Indices are of type int or, if `is_long`, long. What one out of range
// would read is zero, and what it would write is not written.

// Index number i counted from the beginning of its axis; -1 if it is out of range.
int index_at(global const void* indices, int is_long, int i, int extent) {
  long index = is_long ? ((global const long*)indices)[i] : ((global const int*)indices)[i];
  if (index < 0) index += extent;
  return index < 0 || index >= extent ? -1 : (int)index;
}

// y[o, j, i] = x[o, indices[j], i]
kernel void gather(global const T* x, global const void* indices, int is_long, global T* y,
                   int count, int extent, int index_count, int inner) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int row = i / inner;
  const int from = index_at(indices, is_long, row % index_count, extent);
  y[i] = from < 0 ? (T)(0) : x[(row / index_count * extent + from) * inner + i % inner];
}

// The walk goes over the indices; operand 0 is x without its axis.
kernel void gather_elements(global const T* x, global const void* indices, int is_long, global T* y,
                            int count, int extent, int stride, Walk walk) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int from = index_at(indices, is_long, i, extent);
  y[i] = from < 0 ? (T)(0) : x[walk_to(walk, 0, i) + from * stride];
}

kernel void scatter_elements(global const void* indices, int is_long, global const T* updates,
                             global T* y, int count, int extent, int stride, Walk walk) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int to = index_at(indices, is_long, i, extent);
  if (to >= 0) y[walk_to(walk, 0, i) + to * stride] = updates[i];
}

// Where the block begins that tuple number `block` of indices names, one for each axis of the walk,
// the innermost last; -1 if one is out of range.
int block_at(global const void* indices, int is_long, int block, const Walk walk) {
  int at = 0;
  bool inside = true;
  for (int axis = 0; axis < walk.rank; ++axis) {
    const int place = block * walk.rank + walk.rank - 1 - axis;
    const int index = index_at(indices, is_long, place, walk.extents[axis]);
    inside = inside && index >= 0;
    at += index * walk.strides[0][axis];
  }
  return inside ? at : -1;
}

kernel void gather_blocks(global const T* x, global const void* indices, int is_long, global T* y,
                          int count, int block_size, int blocks_per_batch, int batch_size,
                          Walk walk) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int block = i / block_size;
  const int from = block_at(indices, is_long, block, walk);
  const int batch = block / blocks_per_batch * batch_size;
  y[i] = from < 0 ? (T)(0) : x[batch + from + i % block_size];
}

kernel void scatter_blocks(global const void* indices, int is_long, global const T* updates,
                           global T* y, int count, int block_size, Walk walk) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int to = block_at(indices, is_long, i / block_size, walk);
  if (to >= 0) y[to + i % block_size] = updates[i];
}
