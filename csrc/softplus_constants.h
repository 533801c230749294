// Written by generate_constants.py, which says where each number comes from. Do not edit.
// clang-format off
#pragma once

namespace fused_softplus::math {

template <typename T>
struct Expm1Core;

template <typename T>
struct Log1pCore;

// log(1 + 2^-k (1 + p)) = log + log1p(scale * p + offset)
template <typename T>
struct Row {
  T scale, offset, log;
};

template <typename T>
struct Table;

// (exp(r) - 1 - r) / r^2; relative error of exp(r): 2^-27.8
template <>
struct Expm1Core<float> {
  static constexpr int size = 5;
  static constexpr float coefficient(int power) {
    constexpr float coefficients[size] = {
        0x1.000006p-1f,
        0x1.5554d4p-3f,
        0x1.554432p-5f,
        0x1.11f9b8p-7f,
        0x1.7f51aep-10f,
    };
    return coefficients[power];
  }
};

// (v - log1p(v)) / v^2; relative error of the logarithm: 2^-31.3
template <>
struct Log1pCore<float> {
  static constexpr int size = 8;
  static constexpr float coefficient(int power) {
    constexpr float coefficients[size] = {
        0x1.fffffep-2f,
        -0x1.55552cp-2f,
        0x1.00008cp-2f,
        -0x1.99c90ap-3f,
        0x1.5603bap-3f,
        -0x1.1f9c72p-3f,
        0x1.a64b26p-4f,
        -0x1.69bc08p-5f,
    };
    return coefficients[power];
  }
};

template <>
struct Table<float> {
  // k = 0; error of log: 2^-39.0
  static constexpr Row<float> row0{0x1.00040cp-1f, 0x1.03p-14f, 0x1.62dc18p-1f};
  // k = 1; error of log: 2^-38.7
  static constexpr Row<float> row1{0x1.5522dap-2f, -0x1.2ee4p-11f, 0x1.9fc9bcp-2f};
  static constexpr float ln2_high = 0x1.62e4p-1f;
  static constexpr float ln2_low = 0x1.7f7d1cp-20f;
};

// (exp(r) - 1 - r) / r^2; relative error of exp(r): 2^-56.6
template <>
struct Expm1Core<double> {
  static constexpr int size = 11;
  static constexpr double coefficient(int power) {
    constexpr double coefficients[size] = {
        0x1p-1,
        0x1.5555555555554p-3,
        0x1.55555555555f3p-5,
        0x1.1111111111b75p-7,
        0x1.6c16c16b9b089p-10,
        0x1.a01a01972c489p-13,
        0x1.a01a05e76098dp-16,
        0x1.71de73eb25cc7p-19,
        0x1.27d5ebc3f50f4p-22,
        0x1.adccdd53f1973p-26,
        0x1.4676b0de7da9p-29,
    };
    return coefficients[power];
  }
};

// (v - log1p(v)) / v^2; relative error of the logarithm: 2^-56.1
template <>
struct Log1pCore<double> {
  static constexpr int size = 18;
  static constexpr double coefficient(int power) {
    constexpr double coefficients[size] = {
        0x1p-1,
        -0x1.5555555555559p-2,
        0x1.0000000000019p-2,
        -0x1.9999999997f78p-3,
        0x1.55555555427fep-3,
        -0x1.24924925f3941p-3,
        0x1.00000017efcd1p-3,
        -0x1.c71c717ff510fp-4,
        0x1.999984f587415p-4,
        -0x1.745cac2d7f74p-4,
        0x1.5557548de679dp-4,
        -0x1.3b3090225e104p-4,
        0x1.24ec8eb3e1edep-4,
        -0x1.1001ce52005e4p-4,
        0x1.e64d0e8f8d8a3p-5,
        -0x1.7ab9816232c26p-5,
        0x1.abf1093e2052ap-6,
        -0x1.edc54614ee1b3p-8,
    };
    return coefficients[power];
  }
};

template <>
struct Table<double> {
  // k = 0; error of log: 2^-66.6
  static constexpr Row<double> row0{0x1.ffffff8e28p-2, -0x1.c76p-27, 0x1.62e430617b9fp-1};
  // k = 1; error of log: 2^-69.3
  static constexpr Row<double> row1{0x1.5555556315555p-2, 0x1.49ffff8p-29, 0x1.9f323ea2b984dp-2};
  static constexpr double ln2_high = 0x1.62e42fefa38p-1;
  static constexpr double ln2_low = 0x1.ef35793c7673p-45;
};

}  // namespace fused_softplus::math
