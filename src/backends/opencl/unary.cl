// The numbers are those of UnaryKind in unary.cpp; smaller ones are activations.
float unary_function(float x, int kind, float a, float b) {
  switch (kind) {
    case 100:
      return fabs(x);
    case 101:
      return acos(x);
    case 102:
      return acosh(x);
    case 103:
      return asin(x);
    case 104:
      return asinh(x);
    case 105:
      return atan(x);
    case 106:
      return atanh(x);
    case 107:
      return ceil(x);
    case 108:
      return cos(x);
    case 109:
      return cosh(x);
    case 110:
      return erf(x);
    case 111:
      return exp(x);
    case 112:
      return floor(x);
    case 113:
      return log(x);
    case 114:  // x · tanh(softplus(x))
      return x * tanh(fmax(x, 0.0f) + log1p(exp(-fabs(x))));
    case 115:
      return -x;
    case 116:
      return 1.0f / x;
    case 117:
      return rint(x);
    case 118:
      return isnan(x) ? x : (float)((x > 0.0f) - (x < 0.0f));
    case 119:
      return sin(x);
    case 120:
      return sinh(x);
    case 121:
      return fmax(x, 0.0f) + log1p(exp(-fabs(x)));
    case 122:
      return x / (1.0f + fabs(x));
    case 123:
      return sqrt(x);
    case 124:
      return tan(x);
    case 125:
      return tanh(x);
    case 126:  // Elu, Selu and Celu.
      return x < 0.0f ? a * expm1(x * b) : x;
    case 127:
      return b * (x < 0.0f ? a * expm1(x) : x);
    case 128:
      return x < -a ? x + b : x > a ? x - b : 0.0f;
    case 129:
      return x / (1.0f + exp(-a * x));
    case 130:
      return x > a ? x : 0.0f;
    case 131:
      return a * x + b;
  }
  return activate(x, kind, a, b);
}

#ifndef FUNCTIONS_ONLY
kernel void unary(global const float* x, global float* y, int count, int kind, float a, float b) {
  const int i = get_global_id(0);
  if (i < count) y[i] = unary_function(x[i], kind, a, b);
}
#endif
