// Pairs of elements of each head rotated as complex numbers: J. Su et al., "RoFormer", 2021,
// equation 34. One work-item for each element. Tokens are packed, [batch, tokens, heads, size], or
// [batch, heads, tokens, size]; a position out of range leaves its token as it is.
kernel void rotary_embedding(global const float* x, global const float* cosines,
                             global const float* sines, global const long* positions,
                             global float* y, int count, int heads, int tokens, int size,
                             int half_size, int angles, int packed, int interleaved) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const int row = i / size, element = i % size, image = row / (heads * tokens);
  const int token = image * tokens + (packed ? row / heads % tokens : row % tokens);
  const long position = positions == 0 ? token : positions[token];
  if (element >= 2 * half_size || position < 0 || position >= angles) {
    y[i] = x[i];
    return;
  }
  const int pair = interleaved ? element / 2 : element % half_size;
  const bool is_second = interleaved ? element % 2 == 1 : element >= half_size;
  const int apart = interleaved ? 1 : half_size;
  const float cosine = cosines[position * half_size + pair],
              sine = sines[position * half_size + pair];
  y[i] = is_second ? sine * x[i - apart] + cosine * x[i] : cosine * x[i] - sine * x[i + apart];
}
