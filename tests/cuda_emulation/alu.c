// Fused multiply-add of arrays of bits, which NumPy lacks. To be compiled with -ffp-contract=off.
#include <math.h>
#include <stdint.h>
#include <string.h>

static double to_double(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static uint64_t bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

// Rounded towards zero. double holds the product exactly. The sum is truncated to 53 bits and then
// to 24, which is truncating once.
static float fma_towards_zero(float a, float b, float c) {
  const double product = (double)a * b;
  double sum = product + c;
  if (!isfinite(sum)) {
    return (float)sum;
  }
  const double c_part = sum - product;
  const double lost = (product - (sum - c_part)) + (c - c_part);
  if (lost != 0 && (lost < 0) != (sum < 0)) {
    sum = to_double(bits_of(sum) - 1);
  }
  const float nearest = (float)sum;
  return fabs((double)nearest) > fabs(sum) ? nextafterf(nearest, 0) : nearest;
}

void fma_rn_f32(long n, const float* a, const float* b, const float* c, float* result) {
  for (long i = 0; i < n; ++i) {
    result[i] = fmaf(a[i], b[i], c[i]);
  }
}

void fma_rz_f32(long n, const float* a, const float* b, const float* c, float* result) {
  for (long i = 0; i < n; ++i) {
    result[i] = fma_towards_zero(a[i], b[i], c[i]);
  }
}

void fma_rn_f64(long n, const double* a, const double* b, const double* c, double* result) {
  for (long i = 0; i < n; ++i) {
    result[i] = fma(a[i], b[i], c[i]);
  }
}
