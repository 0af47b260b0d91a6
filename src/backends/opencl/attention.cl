// Attention with the softmax computed online (Milakov and Gimelshein 2018; Dao et al. 2022): a
// work-group for BLOCK_QUERIES queries of a head walks the keys in blocks and never holds more
// scores than one block of them. An item of the LANES x LANES has QUERIES queries, KEYS keys of
// each block, and VALUES elements of the results.

#define LANES 16
#define BLOCK_QUERIES (LANES * QUERIES)
#define BLOCK_KEYS (LANES * KEYS)
#define SCORE_PITCH (BLOCK_KEYS + 1)

typedef struct {
  int offset, batch, head, token, element;
} Place;

// AttentionArguments of attention.cpp has the same elements.
typedef struct {
  int queries, keys, head_size, value_size;
  Place q, k, v, mask, y;
  float scale;
} Attention;

static int begin_of(Place place) {
  return place.offset + (int)get_group_id(2) * place.batch + (int)get_group_id(1) * place.head;
}

// rows[t * pitch + i] = x[t * token + i]; zeros for tokens beyond `tokens`.
static void load_rows(local float* rows, int pitch, global const float* x, int token, int tokens,
                      int size, int count) {
  const int item = get_local_id(1) * LANES + get_local_id(0);
  for (int e = item; e < count * size; e += LANES * LANES) {
    const int t = e / size, i = e % size;
    rows[t * pitch + i] = t < tokens ? x[t * token + i] : 0.0f;
  }
}

static int query_of(int i) {
  return i * LANES + (int)get_local_id(1);
}

static int lane_of(int j) {
  return j * LANES + (int)get_local_id(0);
}

static void clear(float* largest, float* sum, float result[QUERIES][VALUES]) {
#pragma unroll
  for (int i = 0; i < QUERIES; ++i) {
    largest[i] = -INFINITY;
    sum[i] = 0.0f;
#pragma unroll
    for (int j = 0; j < VALUES; ++j) result[i][j] = 0.0f;
  }
}

// score = queries · keysᵀ
static void multiply_keys(float score[QUERIES][KEYS], local const float* queries, int query_pitch,
                          local const float* keys, int pitch, int size) {
#pragma unroll
  for (int i = 0; i < QUERIES; ++i) {
#pragma unroll
    for (int j = 0; j < KEYS; ++j) score[i][j] = 0.0f;
  }
  for (int d = 0; d < size; ++d) {
#pragma unroll
    for (int i = 0; i < QUERIES; ++i) {
      const float element = queries[query_of(i) * query_pitch + d];
#pragma unroll
      for (int j = 0; j < KEYS; ++j) score[i][j] += element * keys[lane_of(j) * pitch + d];
    }
  }
}

// score = scale · score + mask; there are no more than these queries and keys.
static void mask_scores(float score[QUERIES][KEYS], float scale, global const float* mask,
                        Place place, int queries, int keys) {
#pragma unroll
  for (int i = 0; i < QUERIES; ++i) {
#pragma unroll
    for (int j = 0; j < KEYS; ++j) {
      score[i][j] = lane_of(j) < keys ? scale * score[i][j] : -INFINITY;
      if (mask && lane_of(j) < keys && query_of(i) < queries)
        score[i][j] += mask[query_of(i) * place.token + lane_of(j) * place.element];
    }
  }
}

static void share_scores(float score[QUERIES][KEYS], local float* scores) {
#pragma unroll
  for (int i = 0; i < QUERIES; ++i) {
#pragma unroll
    for (int j = 0; j < KEYS; ++j) scores[query_of(i) * SCORE_PITCH + lane_of(j)] = score[i][j];
  }
}

// Scores become weights relative to the largest score until now, and so does what was summed up.
static void weigh(float score[QUERIES][KEYS], float* all_largest, float* sum,
                  float result[QUERIES][VALUES], local const float* scores) {
#pragma unroll
  for (int i = 0; i < QUERIES; ++i) {
    local const float* line = scores + query_of(i) * SCORE_PITCH;
    float largest = all_largest[i];
    for (int key = 0; key < BLOCK_KEYS; ++key) largest = fmax(largest, line[key]);
    const float base = largest == -INFINITY ? 0.0f : largest;
    const float shrunk = exp(all_largest[i] - base);
    all_largest[i] = largest;
    sum[i] *= shrunk;
#pragma unroll
    for (int j = 0; j < VALUES; ++j) result[i][j] *= shrunk;
#pragma unroll
    for (int j = 0; j < KEYS; ++j) score[i][j] = exp(score[i][j] - base);
  }
}

// result += weights · values
static void multiply_values(float* sum, float result[QUERIES][VALUES], local const float* weights,
                            local const float* values, int pitch) {
  for (int key = 0; key < BLOCK_KEYS; ++key) {
#pragma unroll
    for (int i = 0; i < QUERIES; ++i) {
      const float weight = weights[query_of(i) * SCORE_PITCH + key];
      sum[i] += weight;
#pragma unroll
      for (int j = 0; j < VALUES; ++j) result[i][j] += weight * values[key * pitch + lane_of(j)];
    }
  }
}

kernel __attribute__((reqd_work_group_size(LANES, LANES, 1))) void attention(
    Attention a, global const float* q, global const float* k, global const float* v,
    global const float* mask, global float* y, int pitch, local float* queries, local float* rows,
    local float* scores) {
  const int first_query = get_group_id(0) * BLOCK_QUERIES, query_pitch = a.head_size + 1;
  const int query_count = a.queries - first_query;
  q += begin_of(a.q) + first_query * a.q.token;
  k += begin_of(a.k);
  v += begin_of(a.v);
  y += begin_of(a.y) + first_query * a.y.token;
  if (mask) mask += begin_of(a.mask) + first_query * a.mask.token;
  load_rows(queries, query_pitch, q, a.q.token, query_count, a.head_size, BLOCK_QUERIES);
  float score[QUERIES][KEYS], largest[QUERIES], sum[QUERIES], result[QUERIES][VALUES];
  clear(largest, sum, result);
  for (int key = 0; key < a.keys; key += BLOCK_KEYS) {
    const int count = a.keys - key;
    load_rows(rows, pitch, k + key * a.k.token, a.k.token, count, a.head_size, BLOCK_KEYS);
    barrier(CLK_LOCAL_MEM_FENCE);
    multiply_keys(score, queries, query_pitch, rows, pitch, a.head_size);
    mask_scores(score, a.scale, mask ? mask + key * a.mask.element : mask, a.mask, query_count,
                count);
    share_scores(score, scores);
    barrier(CLK_LOCAL_MEM_FENCE);
    load_rows(rows, pitch, v + key * a.v.token, a.v.token, count, a.value_size, BLOCK_KEYS);
    weigh(score, largest, sum, result, scores);
    barrier(CLK_LOCAL_MEM_FENCE);
    share_scores(score, scores);
    barrier(CLK_LOCAL_MEM_FENCE);
    multiply_values(sum, result, scores, rows, pitch);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
#pragma unroll
  for (int i = 0; i < QUERIES; ++i) {
#pragma unroll
    for (int j = 0; j < VALUES; ++j) {
      if (query_of(i) < query_count && lane_of(j) < a.value_size)
        y[query_of(i) * a.y.token + lane_of(j)] = result[i][j] / sum[i];
    }
  }
}
