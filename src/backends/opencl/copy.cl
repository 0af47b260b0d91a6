// T: the type that is moved, of 1 to 16 bytes.
kernel void copy(global const T* x, global T* y, int count, int x_offset, int y_offset, Walk walk) {
  const int i = get_global_id(0);
  if (i >= count) return;
  y[y_offset + walk_to(walk, 1, i)] = x[x_offset + walk_to(walk, 0, i)];
}

#define TILE 16

// Swaps two axes of a walk whose innermost axis lies side by side in y, and its second one in x.
// Further axes are `walk`. Groups are TILE × TILE; a group writes one tile.
kernel void transpose(global const T* x, global T* y, local T* tile, int columns, int rows,
                      int x_column_stride, int y_row_stride, int x_offset, Walk walk) {
  const int u = get_local_id(0), v = get_local_id(1), batch = get_group_id(2);
  const int first_column = get_group_id(0) * TILE, first_row = get_group_id(1) * TILE;
  global const T* from = x + x_offset + walk_to(walk, 0, batch);
  global T* to = y + walk_to(walk, 1, batch);
  if (first_column + v < columns && first_row + u < rows)
    tile[v * (TILE + 1) + u] = from[(first_column + v) * x_column_stride + first_row + u];
  barrier(CLK_LOCAL_MEM_FENCE);
  if (first_column + u < columns && first_row + v < rows)
    to[(first_row + v) * y_row_stride + first_column + u] = tile[u * (TILE + 1) + v];
}

// y is x where `upper` and the diagonal tell so, else zero.
kernel void trilu(global const T* x, global T* y, global const long* diagonal, int count, int rows,
                  int columns, int upper) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const long k = diagonal == 0 ? 0 : diagonal[0];
  const int at = i % columns - i / columns % rows;
  y[i] = (upper ? at >= k : at <= k) ? x[i] : (T)(0);
}
