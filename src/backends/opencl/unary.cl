kernel void unary_activation(global const float* x, global float* y, int count, int kind, float a,
                             float b) {
  const int i = get_global_id(0);
  if (i < count) y[i] = activate(x[i], kind, a, b);
}
