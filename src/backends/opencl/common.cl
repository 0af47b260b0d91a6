// Put before every other kernel file. OpenCL C 1.2.

// act, as in ops/activation.h; the numbers are those of ActivationKind.
float activate(float x, int kind, float a, float b) {
  switch (kind) {
    case 1:
      return x < 0.0f ? 0.0f : x;  // NaN stays.
    case 2:
      return x < a ? a : x > b ? b : x;
    case 3:
      return 1.0f / (1.0f + exp(-x));
    case 4: {
      const float y = a * x + b;
      return y < 0.0f ? 0.0f : y > 1.0f ? 1.0f : y;
    }
    case 5: {
      const float y = x * (1.0f / 6.0f) + 0.5f;
      return x * (y < 0.0f ? 0.0f : y > 1.0f ? 1.0f : y);
    }
    case 6:
      return x / (1.0f + exp(-x));
    case 7:
      return x < 0.0f ? a * x : x;
    case 8:
      return 0.5f * x * (1.0f + erf(x * 0.70710678f));
    case 9:
      return 0.5f * x * (1.0f + tanh(0.79788456f * (x + 0.044715f * x * x * x)));
  }
  return x;
}

#define MOST_AXES 8

// As in walk.h.
typedef struct {
  int rank;
  int extents[MOST_AXES];
  int strides[3][MOST_AXES];
} Walk;

// Where element i of the walk lies in one of its operands.
int walk_to(const Walk walk, int operand, int i) {
  int at = 0;
#pragma unroll
  for (int axis = 0; axis < MOST_AXES; ++axis) {
    if (axis < walk.rank) {
      const int rest = axis + 1 == walk.rank ? 0 : i / walk.extents[axis];
      at += (i - rest * walk.extents[axis]) * walk.strides[operand][axis];
      i = rest;
    }
  }
  return at;
}

// The sum of the values of a group's work-items, which all call it; `partial` has room for one of
// each. Their number is a power of two.
float group_sum(local float* partial, float value) {
  const int item = get_local_id(0);
  barrier(CLK_LOCAL_MEM_FENCE);
  partial[item] = value;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_size = get_local_size(0) / 2; half_size > 0; half_size /= 2) {
    if (item < half_size) partial[item] += partial[item + half_size];
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  return partial[0];
}

float larger_of(float a, float b) {
  return b > a || isnan(b) ? b : a;
}

// The same for the largest.
float group_max(local float* partial, float value) {
  const int item = get_local_id(0);
  barrier(CLK_LOCAL_MEM_FENCE);
  partial[item] = value;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_size = get_local_size(0) / 2; half_size > 0; half_size /= 2) {
    if (item < half_size) partial[item] = larger_of(partial[item], partial[item + half_size]);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  return partial[0];
}
