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
        0x1.5554d6p-3f,
        0x1.554398p-5f,
        0x1.11f218p-7f,
        0x1.80113p-10f,
    };
    return coefficients[power];
  }
};

// (v - log1p(v)) / v^2; relative error of the logarithm: 2^-27.9
template <>
struct Log1pCore<float> {
  static constexpr int size = 6;
  static constexpr float coefficient(int power) {
    constexpr float coefficients[size] = {
        0x1.fffffcp-2f,
        -0x1.555466p-2f,
        0x1.fffdfap-3f,
        -0x1.9ada7ap-3f,
        0x1.5a264cp-3f,
        -0x1.eb958ep-4f,
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
  // k = 2; error of log: 2^-41.3
  static constexpr Row<float> row2{0x1.99b1a2p-3f, 0x1.e0a8p-13f, 0x1.c88756p-3f};
  static constexpr float ln2_high = 0x1.62e4p-1f;
  static constexpr float ln2_low = 0x1.7f7d1cp-20f;
};

// (exp(r) - 1 - r) / r^2; relative error of exp(r): 2^-58.7
template <>
struct Expm1Core<double> {
  static constexpr int size = 11;
  static constexpr double coefficient(int power) {
    constexpr double coefficients[size] = {
        0x1p-1,
        0x1.5555555555553p-3,
        0x1.55555555556d2p-5,
        0x1.1111111111dcap-7,
        0x1.6c16c16b824ebp-10,
        0x1.a01a019c1ca54p-13,
        0x1.a01a04d8d0174p-16,
        0x1.71de37f9f748cp-19,
        0x1.27dca935a9671p-22,
        0x1.aed09c42c57f4p-26,
        0x1.2f624e7dba699p-29,
    };
    return coefficients[power];
  }
};

// (v - log1p(v)) / v^2; relative error of the logarithm: 2^-57.7
template <>
struct Log1pCore<double> {
  static constexpr int size = 14;
  static constexpr double coefficient(int power) {
    constexpr double coefficients[size] = {
        0x1.ffffffffffffep-2,
        -0x1.5555555555597p-2,
        0x1.000000000172ap-2,
        -0x1.9999999991da7p-3,
        0x1.5555554fb7216p-3,
        -0x1.249249174e425p-3,
        0x1.0000044dc3067p-3,
        -0x1.c71c9c19e8bdap-4,
        0x1.99969af0593cep-4,
        -0x1.7447d63c6921fp-4,
        0x1.55bf8dbc83abbp-4,
        -0x1.3f98775f26d33p-4,
        0x1.2561c2402f21dp-4,
        -0x1.77aecd4924d8cp-5,
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
  // k = 2; error of log: 2^-69.6
  static constexpr Row<double> row2{0x1.99999905d999ap-3, -0x1.715ffffp-26, 0x1.c8ff7f5c69a28p-3};
  static constexpr double ln2_high = 0x1.62e42fefa38p-1;
  static constexpr double ln2_low = 0x1.ef35793c7673p-45;
};

}  // namespace fused_softplus::math
