// Attention with the softmax computed online (Milakov and Gimelshein 2018; Dao et al. 2022): a
// work-group for BLOCK_QUERIES queries of a head walks the keys in blocks and never holds more
// scores than one block of them. An item of the LANES x LANES has QUERIES queries, KEYS keys of
// each block, and VALUES elements of the results.

#define LANES 16
#define BLOCK_QUERIES (LANES * QUERIES)
#define BLOCK_KEYS (LANES * KEYS)

typedef struct {
  int offset, batch, head, token, element;
} Place;

// AttentionArguments of attention.cpp has the same elements.
typedef struct {
  int queries, keys, head_size, value_size;
  Place q, k, v, mask, y;
  float scale;
} Attention;

int begin_of(Place place) {
  return place.offset + (int)get_group_id(2) * place.batch + (int)get_group_id(1) * place.head;
}

// rows[t * pitch + i] = x[t * token + i]; zeros for tokens beyond `tokens`.
void load_rows(local float* rows, int pitch, global const float* x, int token, int tokens, int size,
               int count) {
  const int item = get_local_id(1) * LANES + get_local_id(0);
  for (int e = item; e < count * size; e += LANES * LANES) {
    const int t = e / size, i = e % size;
    rows[t * pitch + i] = t < tokens ? x[t * token + i] : 0.0f;
  }
}

kernel __attribute__((reqd_work_group_size(LANES, LANES, 1))) void attention(
    Attention a, global const float* q, global const float* k, global const float* v,
    global const float* mask, global float* y, int pitch, local float* queries, local float* rows,
    local float* scores) {
  const int lane = get_local_id(0), first_query = get_group_id(0) * BLOCK_QUERIES;
  const int query_pitch = a.head_size + 1, score_pitch = BLOCK_KEYS + 1;
  q += begin_of(a.q) + first_query * a.q.token;
  k += begin_of(a.k);
  v += begin_of(a.v);
  load_rows(queries, query_pitch, q, a.q.token, a.queries - first_query, a.head_size,
            BLOCK_QUERIES);
  float largest[QUERIES], sum[QUERIES], result[QUERIES][VALUES];
  for (int i = 0; i < QUERIES; ++i) {
    largest[i] = -INFINITY;
    sum[i] = 0.0f;
    for (int j = 0; j < VALUES; ++j) result[i][j] = 0.0f;
  }
  for (int first_key = 0; first_key < a.keys; first_key += BLOCK_KEYS) {
    const int keys = a.keys - first_key;
    load_rows(rows, pitch, k + first_key * a.k.token, a.k.token, keys, a.head_size, BLOCK_KEYS);
    barrier(CLK_LOCAL_MEM_FENCE);
    float score[QUERIES][KEYS];
    for (int i = 0; i < QUERIES; ++i)
      for (int j = 0; j < KEYS; ++j) score[i][j] = 0.0f;
    for (int d = 0; d < a.head_size; ++d) {
#pragma unroll
      for (int i = 0; i < QUERIES; ++i) {
        const float element = queries[(i * LANES + (int)get_local_id(1)) * query_pitch + d];
#pragma unroll
        for (int j = 0; j < KEYS; ++j) score[i][j] += element * rows[(j * LANES + lane) * pitch + d];
      }
    }
    for (int i = 0; i < QUERIES; ++i) {
      const int query = i * LANES + get_local_id(1);
      for (int j = 0; j < KEYS; ++j) {
        const int key = j * LANES + lane;
        score[i][j] = key < keys ? a.scale * score[i][j] : -INFINITY;
        if (mask && key < keys && first_query + query < a.queries) {
          score[i][j] += mask[begin_of(a.mask) + (first_query + query) * a.mask.token +
                              (first_key + key) * a.mask.element];
        }
        scores[query * score_pitch + key] = score[i][j];
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    load_rows(rows, pitch, v + first_key * a.v.token, a.v.token, keys, a.value_size, BLOCK_KEYS);
    for (int i = 0; i < QUERIES; ++i) {
      const local float* line = scores + (i * LANES + (int)get_local_id(1)) * score_pitch;
      float now = largest[i];
      for (int key = 0; key < BLOCK_KEYS; ++key) now = fmax(now, line[key]);
      const float base = now == -INFINITY ? 0.0f : now;
      const float shrunk = exp(largest[i] - base);
      largest[i] = now;
      sum[i] *= shrunk;
      for (int j = 0; j < VALUES; ++j) result[i][j] *= shrunk;
      for (int j = 0; j < KEYS; ++j) score[i][j] = exp(score[i][j] - base);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = 0; i < QUERIES; ++i)
      for (int j = 0; j < KEYS; ++j)
        scores[(i * LANES + (int)get_local_id(1)) * score_pitch + j * LANES + lane] = score[i][j];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int key = 0; key < BLOCK_KEYS; ++key) {
#pragma unroll
      for (int i = 0; i < QUERIES; ++i) {
        const float weight = scores[(i * LANES + (int)get_local_id(1)) * score_pitch + key];
        sum[i] += weight;
#pragma unroll
        for (int j = 0; j < VALUES; ++j)
          result[i][j] += weight * rows[key * pitch + j * LANES + lane];
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  for (int i = 0; i < QUERIES; ++i) {
    const int query = first_query + i * LANES + get_local_id(1);
    for (int j = 0; j < VALUES && query < a.queries; ++j) {
      const int element = j * LANES + lane;
      if (element < a.value_size)
        y[begin_of(a.y) + query * a.y.token + element] = result[i][j] / sum[i];
    }
  }
}
