// y = act(alpha · a · b + beta · bias + residual) for a batch of matrices that lie anywhere in their
// tensors. Product is that of product.cpp.

typedef struct {
  int offset, outer, inner, row, column;
} Strides;

typedef struct {
  int m, n, k, inner, splits, split_depth;
  Strides a, b, bias, residual, y;
  float alpha, beta;
  int activation;
  float activation_a, activation_b;
} Product;

int begin_of(Strides s, int batch, int inner) {
  return s.offset + batch / inner * s.outer + batch % inner * s.inner;
}

void store(const Product* p, float sum, global const float* bias, global const float* residual,
           global float* y, int batch, int row, int column) {
  float value = p->alpha * sum;
  if (bias) {
    const int begin = begin_of(p->bias, batch, p->inner);
    value += p->beta * bias[begin + row * p->bias.row + column * p->bias.column];
  }
  if (residual) {
    const int begin = begin_of(p->residual, batch, p->inner);
    value += residual[begin + row * p->residual.row + column * p->residual.column];
  }
  y[begin_of(p->y, batch, p->inner) + row * p->y.row + column * p->y.column] =
      activate(value, p->activation, p->activation_a, p->activation_b);
}

// A work-group computes a tile of TILE x TILE sums, a work-item BLOCKS x BLOCKS blocks of 4 x 4 of
// them, in steps of DEPTH along k.
#ifndef THREADS
#define THREADS 16
#define BLOCKS 1
#endif
#define ITEMS (THREADS * THREADS)
#define TILE (4 * THREADS * BLOCKS)
#define DEPTH 16
#define PITCH (TILE + 4)

// tile[d][i] = x[i * stride + d * depth_stride], 0 beyond `count` and `depth`; neighbouring
// work-items read neighbours.
void load_tile(local float* tile, global const float* x, int stride, int depth_stride, int count,
               int depth) {
  const int item = get_local_id(1) * THREADS + get_local_id(0);
  for (int e = item; e < DEPTH * TILE; e += ITEMS) {
    const int d = depth_stride == 1 ? e % DEPTH : e / TILE;
    const int i = depth_stride == 1 ? e / DEPTH : e % TILE;
    tile[d * PITCH + i] = i < count && d < depth ? x[i * stride + d * depth_stride] : 0.0f;
  }
}

// A convolution's input seen as a matrix: a row for each tap of each channel, a column for each
// output point.
typedef struct {
  int input[3], output[3], stride[3], pad[3];
} Window;

// Where the window of an output point begins: depth, row, column, and the element.
int4 window_begin(const Window* w, int point, int points) {
  if (point >= points) return (int4)(-0x40000000, 0, 0, 0);
  const int z = point / (w->output[1] * w->output[2]) * w->stride[0] - w->pad[0];
  const int y = point / w->output[2] % w->output[1] * w->stride[1] - w->pad[1];
  const int x = point % w->output[2] * w->stride[2] - w->pad[2];
  return (int4)(z, y, x, (z * w->input[1] + y) * w->input[2] + x);
}

void load_windows(local float* tile, global const float* x, const Window* w, int4 begin,
                  global const int4* taps, int depth) {
  const int item = get_local_id(1) * THREADS + get_local_id(0);
  const int i = item % TILE;
  for (int d = item / TILE; d < DEPTH; d += ITEMS / TILE) {
    float value = 0.0f;
    if (d < depth) {
      const int4 place = begin + taps[d];
      if ((uint)place.x < (uint)w->input[0] && (uint)place.y < (uint)w->input[1] &&
          (uint)place.z < (uint)w->input[2]) {
        value = x[place.w];
      }
    }
    tile[d * PITCH + i] = value;
  }
}

void multiply_tiles(local const float4* a, local const float4* b, float4 sums[4 * BLOCKS][BLOCKS]) {
  for (int d = 0; d < DEPTH; ++d) {
    float4 columns[BLOCKS];
#pragma unroll
    for (int j = 0; j < BLOCKS; ++j)
      columns[j] = b[d * (PITCH / 4) + j * THREADS + (int)get_local_id(0)];
#pragma unroll
    for (int i = 0; i < BLOCKS; ++i) {
      const float4 rows = a[d * (PITCH / 4) + i * THREADS + (int)get_local_id(1)];
#pragma unroll
      for (int j = 0; j < BLOCKS; ++j) {
        sums[4 * i][j] += rows.x * columns[j];
        sums[4 * i + 1][j] += rows.y * columns[j];
        sums[4 * i + 2][j] += rows.z * columns[j];
        sums[4 * i + 3][j] += rows.w * columns[j];
      }
    }
  }
}

// `partial`: sums of the splits of k, for product_finish, if there are several. WINDOWS: b is the
// input of a convolution.
kernel __attribute__((reqd_work_group_size(THREADS, THREADS, 1))) void product_tiles(
    Product p, global const float* a, global const float* b, global const float* bias,
    global const float* residual, global float* y, global float* partial
#ifdef WINDOWS
    ,
    Window window, global const int4* taps
#endif
) {
  local float4 a_tile[DEPTH * PITCH / 4], b_tile[DEPTH * PITCH / 4];
  const int first_row = get_group_id(1) * TILE, first_column = get_group_id(0) * TILE;
  const int batch = get_group_id(2) / p.splits, split = get_group_id(2) % p.splits;
  const int end = min(p.k, (split + 1) * p.split_depth);
  a += begin_of(p.a, batch, p.inner) + first_row * p.a.row;
  b += begin_of(p.b, batch, p.inner);
#ifdef WINDOWS
  const int4 begin =
      window_begin(&window, first_column + (get_local_id(1) * THREADS + get_local_id(0)) % TILE, p.n);
#else
  b += first_column * p.b.column;
#endif
  float4 sums[4 * BLOCKS][BLOCKS];
#pragma unroll
  for (int i = 0; i < 4 * BLOCKS; ++i) {
#pragma unroll
    for (int j = 0; j < BLOCKS; ++j) sums[i][j] = 0.0f;
  }
  for (int k = split * p.split_depth; k < end; k += DEPTH) {
    load_tile((local float*)a_tile, a + k * p.a.column, p.a.row, p.a.column, p.m - first_row,
              end - k);
#ifdef WINDOWS
    load_windows((local float*)b_tile, b, &window, begin, taps + k, end - k);
#else
    load_tile((local float*)b_tile, b + k * p.b.row, p.b.column, p.b.row, p.n - first_column,
              end - k);
#endif
    barrier(CLK_LOCAL_MEM_FENCE);
    multiply_tiles(a_tile, b_tile, sums);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
#pragma unroll
  for (int i = 0; i < 4 * BLOCKS; ++i) {
    const int row = first_row + 4 * (i / 4 * THREADS + (int)get_local_id(1)) + i % 4;
#pragma unroll
    for (int j = 0; j < 4 * BLOCKS; ++j) {
      const int column = first_column + 4 * (j / 4 * THREADS + (int)get_local_id(0)) + j % 4;
      const float4 four = sums[i][j / 4];
      const float sum = j % 4 == 0 ? four.x : j % 4 == 1 ? four.y : j % 4 == 2 ? four.z : four.w;
      if (row < p.m && column < p.n) {
        if (p.splits > 1) {
          partial[((int)get_group_id(2) * p.m + row) * p.n + column] = sum;
        } else {
          store(&p, sum, bias, residual, y, batch, row, column);
        }
      }
    }
  }
}

// Adds up what the splits left in `partial`; work-items (column, row, batch).
kernel void product_finish(Product p, global const float* partial, global const float* bias,
                           global const float* residual, global float* y) {
  const int column = get_global_id(0), row = get_global_id(1), batch = get_global_id(2);
  if (column >= p.n) return;
  float sum = 0.0f;
  for (int split = 0; split < p.splits; ++split)
    sum += partial[((batch * p.splits + split) * p.m + row) * p.n + column];
  store(&p, sum, bias, residual, y, batch, row, column);
}

// Few rows times a matrix that is read once, element by neighbouring element.

#define VECTOR_ITEMS 64

// Columns of b are contiguous: a work-group for each.
kernel __attribute__((reqd_work_group_size(VECTOR_ITEMS, 1, 1))) void product_dots(
    Product p, global const float* a, global const float* b, global const float* bias,
    global const float* residual, global float* y) {
  local float sums[VECTOR_ITEMS];
  const int item = get_local_id(0), column = get_group_id(0);
  const int row = get_group_id(1), batch = get_group_id(2);
  a += begin_of(p.a, batch, p.inner) + row * p.a.row;
  b += begin_of(p.b, batch, p.inner) + column * p.b.column;
  float sum = 0.0f;
  for (int k = item; k < p.k; k += VECTOR_ITEMS) sum += a[k * p.a.column] * b[k * p.b.row];
  sums[item] = sum;
  for (int rest = VECTOR_ITEMS / 2; rest > 0; rest /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (item < rest) sums[item] += sums[item + rest];
  }
  if (item == 0) store(&p, sums[0], bias, residual, y, batch, row, column);
}

#define COLUMNS 16
#define SLICES 16

// Rows of b are contiguous: a work-group for COLUMNS columns, SLICES work-items for each.
kernel __attribute__((reqd_work_group_size(COLUMNS, SLICES, 1))) void product_columns(
    Product p, global const float* a, global const float* b, global const float* bias,
    global const float* residual, global float* y) {
  local float sums[SLICES][COLUMNS];
  const int slice = get_local_id(1), column = get_global_id(0);
  const int row = get_group_id(1), batch = get_group_id(2);
  a += begin_of(p.a, batch, p.inner) + row * p.a.row;
  b += begin_of(p.b, batch, p.inner) + column * p.b.column;
  float sum = 0.0f;
  if (column < p.n) {
    for (int k = slice; k < p.k; k += SLICES) sum += a[k * p.a.column] * b[k * p.b.row];
  }
  sums[slice][get_local_id(0)] = sum;
  for (int rest = SLICES / 2; rest > 0; rest /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (slice < rest) sums[slice][get_local_id(0)] += sums[slice + rest][get_local_id(0)];
  }
  if (slice == 0 && column < p.n)
    store(&p, sums[0][get_local_id(0)], bias, residual, y, batch, row, column);
}
