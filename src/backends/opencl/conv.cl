// Convolutions that are no products of large matrices: one work-item for each output element.

// ConvArguments of conv.cpp has the same elements.
typedef struct {
  int input[3], output[3], taps[3], stride[3], dilation[3], pad[3];
  int group_in, group_out, out_channels;
  int activation;
  float activation_a, activation_b;
} Conv;

int points_of(const int extents[3]) { return extents[0] * extents[1] * extents[2]; }

void finish(const Conv* c, float sum, global const float* bias, global const float* residual,
            global float* y, int i, int channel) {
  if (bias) sum += bias[channel];
  if (residual) sum += residual[i];
  y[i] = activate(sum, c->activation, c->activation_a, c->activation_b);
}

// Which output element a work-item computes: the point, depth, row and column; whose channel.
typedef struct {
  int depth, row, column, channel, image, group;
} Place;

Place place_of(const Conv* c, int i) {
  const int points = points_of(c->output), point = i % points, plane = i / points;
  Place place;
  place.depth = point / (c->output[1] * c->output[2]);
  place.row = point / c->output[2] % c->output[1];
  place.column = point % c->output[2];
  place.channel = plane % c->out_channels;
  place.image = plane / c->out_channels;
  place.group = place.channel / c->group_out;
  return place;
}

// The channels of x that it reads.
global const float* input_of(const Conv* c, Place place, global const float* x) {
  return x + (place.image * (c->out_channels / c->group_out) + place.group) * c->group_in *
                 points_of(c->input);
}

// For groups of few channels.
kernel void conv_direct(Conv c, global const float* x, global const float* w,
                        global const float* bias, global const float* residual, global float* y,
                        int count) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const Place place = place_of(&c, i);
  const int in_points = points_of(c.input);
  const int z = place.depth * c.stride[0] - c.pad[0];
  const int y0 = place.row * c.stride[1] - c.pad[1];
  const int x0 = place.column * c.stride[2] - c.pad[2];
  x = input_of(&c, place, x);
  w += place.channel * c.group_in * points_of(c.taps);
  float sum = 0.0f;
  for (int from = 0; from < c.group_in; ++from, x += in_points) {
    for (int kz = 0; kz < c.taps[0]; ++kz) {
      const int depth = z + kz * c.dilation[0];
      for (int ky = 0; ky < c.taps[1]; ++ky) {
        const int row = y0 + ky * c.dilation[1];
        const bool inside =
            (uint)depth < (uint)c.input[0] && (uint)row < (uint)c.input[1];
        global const float* line = x + (depth * c.input[1] + row) * c.input[2];
        for (int kx = 0; kx < c.taps[2]; ++kx, ++w) {
          const int column = x0 + kx * c.dilation[2];
          if (inside && (uint)column < (uint)c.input[2]) sum += *w * line[column];
        }
      }
    }
  }
  finish(&c, sum, bias, residual, y, i, place.channel);
}

// The input position that tap `tap` of an axis brings to output position `place`; -1 if none.
int source_of(const Conv* c, int axis, int place, int tap) {
  const int scaled = place + c->pad[axis] - tap * c->dilation[axis];
  const int source = scaled / c->stride[axis];
  return scaled >= 0 && scaled % c->stride[axis] == 0 && source < c->input[axis] ? source : -1;
}

kernel void conv_transpose(Conv c, global const float* x, global const float* w,
                           global const float* bias, global const float* residual, global float* y,
                           int count) {
  const int i = get_global_id(0);
  if (i >= count) return;
  const Place place = place_of(&c, i);
  const int in_points = points_of(c.input), tap_count = points_of(c.taps);
  x = input_of(&c, place, x);
  w += (place.group * c.group_in * c.group_out + place.channel % c.group_out) * tap_count;
  float sum = 0.0f;
  for (int tap = 0; tap < tap_count; ++tap) {
    const int depth = source_of(&c, 0, place.depth, tap / (c.taps[1] * c.taps[2]));
    const int row = source_of(&c, 1, place.row, tap / c.taps[2] % c.taps[1]);
    const int column = source_of(&c, 2, place.column, tap % c.taps[2]);
    if (depth < 0 || row < 0 || column < 0) continue;
    const int source = (depth * c.input[1] + row) * c.input[2] + column;
    for (int from = 0; from < c.group_in; ++from)
      sum += x[from * in_points + source] * w[from * c.group_out * tap_count + tap];
  }
  finish(&c, sum, bias, residual, y, i, place.channel);
}
