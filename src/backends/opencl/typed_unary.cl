// T: an integer type. The numbers are those of typed_unary.cpp.
#ifdef T
kernel void typed_unary(global const T* x, global T* y, int count, int kind) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const T value = x[i];
  switch (kind) {
    case 0:
      y[i] = (T)abs(value);
      break;
    case 1:
      y[i] = -value;
      break;
    case 2:
      y[i] = (value > 0) - (value < 0);
      break;
    case 3:
      y[i] = value < 0 ? 0 : value;
      break;
    case 4:
      y[i] = ~value;
      break;
    case 5:
      y[i] = value == 0;
      break;
  }
}
#else
kernel void test_floats(global const float* x, global uchar* y, int count, int nan, int positive,
                        int negative) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const float value = x[i];
  y[i] = isnan(value) ? nan : isinf(value) ? (value > 0.0f ? positive : negative) : 0;
}
#endif
