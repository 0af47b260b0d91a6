// FROM, TO: types of elements, and CONVERT, which makes one of the other; LOAD_HALF, STORE_HALF
// where one is a half as ushort, which is converted by way of float.

#define is_not_zero(x) ((x) != 0)

kernel void cast(global const FROM* x, global TO* y, int count) {
  const int i = get_global_id(0);
  if (i >= count) return;
#if defined(LOAD_HALF)
  const float value = vload_half(i, (global const half*)x);
#else
  const FROM value = x[i];
#endif
#if defined(STORE_HALF)
  vstore_half_rte((float)value, i, (global half*)y);
#else
  y[i] = CONVERT(value);
#endif
}
