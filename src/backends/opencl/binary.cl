// T: the type of the operands; IS_FLOAT where it is float. The numbers are those of binary.cpp.

#ifdef IS_FLOAT
bool is_nan(T x) {
  return isnan(x);
}
T quotient_of(T a, T b) {
  return a / b;
}
T remainder_of(T a, T b) {
  return fmod(a, b);
}
T power_of(T base, T exponent) {
  return pow(base, exponent);
}
#else
bool is_nan(T x) {
  return false;
}

// A division by zero, which devices do not report, gives zero.
T quotient_of(T a, T b) {
  const bool is_signed = (T)-1 < 0;
  return b == 0 ? 0 : is_signed && b == (T)-1 ? -a : a / b;
}

T remainder_of(T a, T b) {
  if ((T)-1 < 0 && b == (T)-1) return 0;
  return b == 0 ? 0 : a % b;
}

T power_of(T base, T exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == (T)-1 ? (exponent % 2 == 0 ? 1 : -1) : 0;
  T result = 1;
  for (; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result *= base;
    base *= base;
  }
  return result;
}
#endif

T binary_function(T a, T b, int function) {
  switch (function) {
    case 0:
      return a + b;
    case 1:
      return a - b;
    case 2:
      return a * b;
    case 3:
      return quotient_of(a, b);
    case 4:
      return a > b || is_nan(a) ? a : b;
    case 5:
      return a < b || is_nan(a) ? a : b;
    case 6:
      return a < 0 ? a * b : a;
    case 7: {
      const T rest = remainder_of(a, b);
      return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    }
    case 8:
      return remainder_of(a, b);
    case 9:
      return power_of(a, b);
#ifndef IS_FLOAT
    case 10:
      return a & b;
    case 11:
      return a | b;
    case 12:
      return a ^ b;
    case 13:
      return b < (T)(8 * sizeof(T)) ? a << b : 0;
    case 14:
      return b < (T)(8 * sizeof(T)) ? a >> b : 0;
#endif
  }
  return a;
}

#ifndef FUNCTIONS_ONLY
kernel void binary(global const T* a, global const T* b, global T* y, int count, int function,
                   Walk walk) {
  const int i = get_global_id(0);
  if (i >= count) return;
  y[i] = binary_function(a[walk_to(walk, 0, i)], b[walk_to(walk, 1, i)], function);
}

kernel void compare(global const T* a, global const T* b, global uchar* y, int count, int function,
                    Walk walk) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const T x = a[walk_to(walk, 0, i)], z = b[walk_to(walk, 1, i)];
  y[i] = function == 0 ? x == z : function == 1 ? x < z : x <= z;
}
#endif
