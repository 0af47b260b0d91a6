// The ends of a 3 x 3 convolution by Winograd's F(4 x 4, 3 x 3), with the matrices of Lavin and Gray
// (2015): tiles of 6 x 6 elements to 36 frequencies, and their products to 4 x 4 results.

// WinogradArguments of winograd.cpp has the same elements.
typedef struct {
  int channels, out_channels, height, width, out_height, out_width, pad_top, pad_left;
  int tile_rows, tile_columns, tiles, first_image;
  int activation;
  float activation_a, activation_b;
} Winograd;

// Bᵀd, in place.
void to_frequencies(float* d, int step) {
  const float d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step];
  const float d5 = d[5 * step];
  d[0] = 4.0f * d0 - 5.0f * d2 + d4;
  d[step] = (d4 - 4.0f * d2) + (d3 - 4.0f * d1);
  d[2 * step] = (d4 - 4.0f * d2) - (d3 - 4.0f * d1);
  d[3 * step] = (d4 - d2) + 2.0f * (d3 - d1);
  d[4 * step] = (d4 - d2) - 2.0f * (d3 - d1);
  d[5 * step] = 4.0f * d1 - 5.0f * d3 + d5;
}

// Aᵀm, in place.
void from_frequencies(float* m, int step) {
  const float plus1 = m[step] + m[2 * step], minus1 = m[step] - m[2 * step];
  const float plus2 = m[3 * step] + m[4 * step], minus2 = m[3 * step] - m[4 * step];
  m[0] += plus1 + plus2;
  m[step] = minus1 + 2.0f * minus2;
  m[2 * step] = plus1 + 4.0f * plus2;
  m[3 * step] = minus1 + 8.0f * minus2 + m[5 * step];
}

// Work-items (tile, channel). frequencies: [36, channels, tiles]
kernel void winograd_input(Winograd w, global const float* x, global float* frequencies) {
  const int tile = get_global_id(0), channel = get_global_id(1);
  if (tile >= w.tiles) return;
  const int image = w.first_image + tile / (w.tile_rows * w.tile_columns);
  const int top = tile / w.tile_columns % w.tile_rows * 4 - w.pad_top;
  const int left = tile % w.tile_columns * 4 - w.pad_left;
  x += (image * w.channels + channel) * w.height * w.width;
  float d[36];
#pragma unroll
  for (int i = 0; i < 36; ++i) {
    const int row = top + i / 6, column = left + i % 6;
    const bool inside = (uint)row < (uint)w.height && (uint)column < (uint)w.width;
    d[i] = inside ? x[row * w.width + column] : 0.0f;
  }
#pragma unroll
  for (int i = 0; i < 6; ++i) to_frequencies(d + i, 6);
#pragma unroll
  for (int i = 0; i < 6; ++i) to_frequencies(d + 6 * i, 1);
#pragma unroll
  for (int i = 0; i < 36; ++i) frequencies[(i * w.channels + channel) * w.tiles + tile] = d[i];
}

// Work-items (tile, output channel). products: [36, out_channels, tiles], from element `begin` on.
kernel void winograd_output(Winograd w, global const float* products, int begin,
                            global const float* bias, global const float* residual,
                            global float* y) {
  const int tile = get_global_id(0), channel = get_global_id(1);
  if (tile >= w.tiles) return;
  float m[36];
#pragma unroll
  for (int i = 0; i < 36; ++i)
    m[i] = products[begin + (i * w.out_channels + channel) * w.tiles + tile];
#pragma unroll
  for (int i = 0; i < 6; ++i) from_frequencies(m + i, 6);
#pragma unroll
  for (int i = 0; i < 4; ++i) from_frequencies(m + 6 * i, 1);
  const int image = w.first_image + tile / (w.tile_rows * w.tile_columns);
  const int top = tile / w.tile_columns % w.tile_rows * 4, left = tile % w.tile_columns * 4;
  const int plane = (image * w.out_channels + channel) * w.out_height * w.out_width;
  const float shift = bias ? bias[channel] : 0.0f;
#pragma unroll
  for (int i = 0; i < 16; ++i) {
    const int row = top + i / 4, column = left + i % 4;
    if (row < w.out_height && column < w.out_width) {
      const int place = plane + row * w.out_width + column;
      const float sum = m[i / 4 * 6 + i % 4] + shift + (residual ? residual[place] : 0.0f);
      y[place] = activate(sum, w.activation, w.activation_a, w.activation_b);
    }
  }
}
