// T: the type that is moved. As in pad.cpp; axes from the innermost on.
typedef struct {
  int rank;
  int input[MOST_AXES], output[MOST_AXES], begin[MOST_AXES];
} Padding;

int modulo(int a, int b) {
  const int rest = a % b;
  return rest < 0 ? rest + b : rest;
}

// The input position that a position shows; -1 for the constant. `mode`: 0 constant, 1 reflect,
// 2 edge, 3 wrap.
int source_of(int position, int extent, int mode) {
  if (position >= 0 && position < extent) return position;
  switch (mode) {
    case 1: {
      if (extent == 1) return 0;
      const int phase = modulo(position, 2 * (extent - 1));
      return phase < extent ? phase : 2 * (extent - 1) - phase;
    }
    case 2:
      return position < 0 ? 0 : extent - 1;
    case 3:
      return modulo(position, extent);
  }
  return -1;
}

kernel void pad(global const T* x, global const T* value, global T* y, int count, int mode,
                Padding padding) {
  const int i = get_global_id(0);
  if (i >= count) return;
  int from = 0, stride = 1, rest = i;
  bool inside = true;
#pragma unroll
  for (int axis = 0; axis < MOST_AXES; ++axis) {
    if (axis < padding.rank) {
      const int position = rest % padding.output[axis] - padding.begin[axis];
      const int source = source_of(position, padding.input[axis], mode);
      inside = inside && source >= 0;
      from += source * stride;
      stride *= padding.input[axis];
      rest /= padding.output[axis];
    }
  }
  y[i] = inside ? x[from] : value == 0 ? (T)(0) : value[0];
}
