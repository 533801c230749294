// Written by generate_constants.py, which computes each number. Do not edit.
// clang-format off
#pragma once

namespace fused_softplus::math {

// ln(2) = high + low; k * high is exact for every k that occurs.
template <typename T>
struct Ln2;

template <typename T>
struct Ln2Rest;

// ln(2) = high + low, where high is the number of the type that is nearest to ln(2).
template <typename T>
struct NearestLn2;

template <typename T>
struct Expm1Core;

template <typename T>
struct Log1pCore;

template <typename T>
struct AtanhCore;

// log(1 + 2^-k (1 + p)) = log + log1p(scale * p + offset)
template <typename T>
struct Row {
  T scale, offset, log;
};

template <typename T>
struct Log1pRows;

// (exp(-r) - 1 + r) / r^2, for exp(-r)
// Relative error of the quantity: 2^-28.4
template <>
struct Expm1Core<float> {
  static constexpr int size = 5;
  static constexpr float coefficient(int power) {
    constexpr float coefficients[size] = {
        0x1.000006p-1f,
        -0x1.5554d6p-3f,
        0x1.55441ep-5f,
        -0x1.11f266p-7f,
        0x1.7fc628p-10f,
    };
    return coefficients[power];
  }
};

template <>
struct Ln2<float> {
  static constexpr float high = 0x1.62e4p-1f;
  static constexpr float low = 0x1.7f7d1cp-20f;
};

template <>
struct NearestLn2<float> {
  static constexpr float high = 0x1.62e43p-1f;
  static constexpr float low = -0x1.05c61p-29f;
};

// How log1p(exp(-u)) and sigmoid(-u) are divided into rows
struct TableSteps {
  static constexpr float per_unit = 0x1.7d6d4ap+0f;
  static constexpr float last_binade = 30;
  // just below the end of the last row
  static constexpr float end = 0x1.52412ap+4f;
};

// log1p(exp(-u)) = value + slope r + c2 r^2 + ... with r = u - centre: a column for
// -centre, value, slope and each of the other coefficients
template <int degree>
struct Log1pTable;

// Relative error: 2^-17.7
template <>
struct Log1pTable<4> {
  static constexpr int size = 6, rows = 32;
  alignas(64) static constexpr float coefficients[size][rows] = {
      {-0x1.f98p-4f, -0x1.32603p-1f, -0x1.5803bp+0f, -0x1.031634p+1f, -0x1.5a0dp+1f, -0x1.b026cp+1f, -0x1.012f66p+2f, -0x1.2d3e46p+2f, -0x1.588848p+2f, -0x1.81647ap+2f, -0x1.ad9a52p+2f, -0x1.d82026p+2f, -0x1.0227b4p+3f, -0x1.17645p+3f, -0x1.2c7874p+3f, -0x1.42c97cp+3f, -0x1.57ed68p+3f, -0x1.6d3fe4p+3f, -0x1.832dd8p+3f, -0x1.979968p+3f, -0x1.acfe7cp+3f, -0x1.c3313p+3f, -0x1.d7d574p+3f, -0x1.ee96dp+3f, -0x1.016f88p+4f, -0x1.0cbd3ap+4f, -0x1.175034p+4f, -0x1.2241a2p+4f, -0x1.2cf73ap+4f, -0x1.3727c4p+4f, -0x1.424cdp+4f, -0x1.4d2bbp+4f},
      {0x1.444592p-1f, 0x1.c09276p-2f, 0x1.dab30cp-3f, 0x1.fc3f42p-4f, 0x1.0982f4p-4f, 0x1.134e24p-5f, 0x1.23f5f4p-6f, 0x1.26a5f8p-7f, 0x1.2c49f6p-8f, 0x1.3d847cp-9f, 0x1.3e75d6p-10f, 0x1.47d6b2p-11f, 0x1.48cc02p-12f, 0x1.52aa8ap-13f, 0x1.5e8bd2p-14f, 0x1.5d119ep-15f, 0x1.689ba2p-16f, 0x1.726a52p-17f, 0x1.7555eap-18f, 0x1.8a7392p-19f, 0x1.944242p-20f, 0x1.940a34p-21f, 0x1.a7f27cp-22f, 0x1.a06716p-23f, 0x1.b9dabap-24f, 0x1.b401ep-25f, 0x1.c24ddep-26f, 0x1.c677d4p-27f, 0x1.d16b8cp-28f, 0x1.ec5f94p-29f, 0x1.eab41p-30f, 0x1.f17d46p-31f},
      {-0x1.e0724p-2f, -0x1.6b39a6p-2f, -0x1.a7b33ap-3f, -0x1.ddfabp-4f, -0x1.0116c8p-4f, -0x1.0ebb08p-5f, -0x1.215ff2p-6f, -0x1.2553dap-7f, -0x1.2b9a1cp-8f, -0x1.3d221cp-9f, -0x1.3e4456p-10f, -0x1.47bc76p-11f, -0x1.48bedp-12f, -0x1.52a38ap-13f, -0x1.5e8812p-14f, -0x1.5d0fc2p-15f, -0x1.689aa4p-16f, -0x1.7269ccp-17f, -0x1.7555a6p-18f, -0x1.8a736cp-19f, -0x1.94422ep-20f, -0x1.940a2ap-21f, -0x1.a7f276p-22f, -0x1.a06714p-23f, -0x1.b9dab8p-24f, -0x1.b401ep-25f, -0x1.c24ddep-26f, -0x1.c677d4p-27f, -0x1.d16b8cp-28f, -0x1.ec5f94p-29f, -0x1.eab41p-30f, -0x1.f17d46p-31f},
      {0x1.fe0d08p-4f, 0x1.d4abf6p-4f, 0x1.5007bp-4f, 0x1.a63442p-5f, 0x1.e1e8fap-6f, 0x1.05c8b6p-6f, 0x1.1c4b06p-7f, 0x1.22b6fcp-8f, 0x1.2a3d3ap-9f, 0x1.3c6b6ap-10f, 0x1.3de856p-11f, 0x1.4791cep-12f, 0x1.48a6a6p-13f, 0x1.529af8p-14f, 0x1.5e8b6ep-15f, 0x1.5d0ba8p-16f, 0x1.689d02p-17f, 0x1.726f6cp-18f, 0x1.75554cp-19f, 0x1.8a82fep-20f, 0x1.945372p-21f, 0x1.9410d8p-22f, 0x1.a8065cp-23f, 0x1.a066dep-24f, 0x1.b9ee3cp-25f, 0x1.b402cap-26f, 0x1.c25492p-27f, 0x1.c6775ap-28f, 0x1.d16c22p-29f, 0x1.ec747p-30f, 0x1.eaba26p-31f, 0x1.f17e56p-32f},
      {-0x1.4effbcp-9f, -0x1.6976fcp-7f, -0x1.056b64p-6f, -0x1.af0a34p-7f, -0x1.1956fep-7f, -0x1.46f4b4p-8f, -0x1.6f053ep-9f, -0x1.7e577ep-10f, -0x1.8bd8e2p-11f, -0x1.a5ac92p-12f, -0x1.a8db0cp-13f, -0x1.b6427p-14f, -0x1.b8124ep-15f, -0x1.c5859cp-16f, -0x1.d583fap-17f, -0x1.d3a592p-18f, -0x1.e32668p-19f, -0x1.f04d04p-20f, -0x1.f43964p-21f, -0x1.0834d2p-21f, -0x1.0ec3bep-22f, -0x1.0eb002p-23f, -0x1.1beef4p-24f, -0x1.16f7e4p-25f, -0x1.27f11ap-26f, -0x1.241aeep-27f, -0x1.2daf4p-28f, -0x1.30785p-29f, -0x1.37cf62p-30f, -0x1.49c9a4p-31f, -0x1.48c094p-32f, -0x1.4d4bc6p-33f},
      {-0x1.4ad9fp-8f, -0x1.9c96aap-9f, 0x1.036d9ep-13f, 0x1.a8f87ap-10f, 0x1.9f2ff6p-10f, 0x1.1b9df8p-10f, 0x1.4e2834p-11f, 0x1.6ea4a4p-12f, 0x1.848584p-13f, 0x1.94c84cp-14f, 0x1.a16cc4p-15f, 0x1.accd02p-16f, 0x1.b74952p-17f, 0x1.c1a2d8p-18f, 0x1.cc0598p-19f, 0x1.d6449ep-20f, 0x1.e0d104p-21f, 0x1.eb91ccp-22f, 0x1.f678f6p-23f, 0x1.00f812p-23f, 0x1.06b656p-24f, 0x1.0c655p-25f, 0x1.1291bep-26f, 0x1.187016p-27f, 0x1.1ee052p-28f, 0x1.250b32p-29f, 0x1.2b92e2p-30f, 0x1.32376ep-31f, 0x1.3905dap-32f, 0x1.402e38p-33f, 0x1.471ad2p-34f, 0x1.4e5c56p-35f},
  };
};

// Relative error: 2^-28.3
template <>
struct Log1pTable<6> {
  static constexpr int size = 8, rows = 32;
  alignas(64) static constexpr float coefficients[size][rows] = {
      {-0x1.f98p-4f, -0x1.32603p-1f, -0x1.5803bp+0f, -0x1.031634p+1f, -0x1.5a0dp+1f, -0x1.b026cp+1f, -0x1.012f66p+2f, -0x1.2d3e46p+2f, -0x1.588848p+2f, -0x1.81647ap+2f, -0x1.ad9a52p+2f, -0x1.d82026p+2f, -0x1.0227b4p+3f, -0x1.17645p+3f, -0x1.2c7874p+3f, -0x1.42c97cp+3f, -0x1.57ed68p+3f, -0x1.6d3fe4p+3f, -0x1.832dd8p+3f, -0x1.979968p+3f, -0x1.acfe7cp+3f, -0x1.c3313p+3f, -0x1.d7d574p+3f, -0x1.ee96dp+3f, -0x1.016f88p+4f, -0x1.0cbd3ap+4f, -0x1.175034p+4f, -0x1.2241a2p+4f, -0x1.2cf73ap+4f, -0x1.3727c4p+4f, -0x1.424cdp+4f, -0x1.4d2bbp+4f},
      {0x1.444592p-1f, 0x1.c09276p-2f, 0x1.dab30cp-3f, 0x1.fc3f42p-4f, 0x1.0982f4p-4f, 0x1.134e24p-5f, 0x1.23f5f4p-6f, 0x1.26a5f8p-7f, 0x1.2c49f6p-8f, 0x1.3d847cp-9f, 0x1.3e75d6p-10f, 0x1.47d6b2p-11f, 0x1.48cc02p-12f, 0x1.52aa8ap-13f, 0x1.5e8bd2p-14f, 0x1.5d119ep-15f, 0x1.689ba2p-16f, 0x1.726a52p-17f, 0x1.7555eap-18f, 0x1.8a7392p-19f, 0x1.944242p-20f, 0x1.940a34p-21f, 0x1.a7f27cp-22f, 0x1.a06716p-23f, 0x1.b9dabap-24f, 0x1.b401ep-25f, 0x1.c24ddep-26f, 0x1.c677d4p-27f, 0x1.d16b8cp-28f, 0x1.ec5f94p-29f, 0x1.eab41p-30f, 0x1.f17d46p-31f},
      {-0x1.e0724p-2f, -0x1.6b39a6p-2f, -0x1.a7b33ap-3f, -0x1.ddfabp-4f, -0x1.0116c8p-4f, -0x1.0ebb08p-5f, -0x1.215ff2p-6f, -0x1.2553dap-7f, -0x1.2b9a1cp-8f, -0x1.3d221cp-9f, -0x1.3e4456p-10f, -0x1.47bc76p-11f, -0x1.48bedp-12f, -0x1.52a38ap-13f, -0x1.5e8812p-14f, -0x1.5d0fc2p-15f, -0x1.689aa4p-16f, -0x1.7269ccp-17f, -0x1.7555a6p-18f, -0x1.8a736cp-19f, -0x1.94422ep-20f, -0x1.940a2ap-21f, -0x1.a7f276p-22f, -0x1.a06714p-23f, -0x1.b9dab8p-24f, -0x1.b401ep-25f, -0x1.c24ddep-26f, -0x1.c677d4p-27f, -0x1.d16b8cp-28f, -0x1.ec5f94p-29f, -0x1.eab41p-30f, -0x1.f17d46p-31f},
      {0x1.fe0e2ap-4f, 0x1.d4c4ecp-4f, 0x1.500bp-4f, 0x1.a633bp-5f, 0x1.e1e7b6p-6f, 0x1.05c89p-6f, 0x1.1c438ap-7f, 0x1.22b3a8p-8f, 0x1.2a3b7ap-9f, 0x1.3c5daap-10f, 0x1.3de168p-11f, 0x1.478802p-12f, 0x1.48a46ep-13f, 0x1.52958ap-14f, 0x1.5e809p-15f, 0x1.5d0c0ap-16f, 0x1.6898a8p-17f, 0x1.7268bep-18f, 0x1.75552p-19f, 0x1.8a731ap-20f, 0x1.9442p-21f, 0x1.940a14p-22f, 0x1.a7f264p-23f, 0x1.a0671p-24f, 0x1.b9daaep-25f, 0x1.b401ep-26f, 0x1.c24ddcp-27f, 0x1.c677d6p-28f, 0x1.d16b8cp-29f, 0x1.ec5f8cp-30f, 0x1.eab40ep-31f, 0x1.f17d46p-32f},
      {-0x1.4f48bap-9f, -0x1.6b3c04p-7f, -0x1.06a9bcp-6f, -0x1.af8eb8p-7f, -0x1.18f176p-7f, -0x1.45f9a8p-8f, -0x1.6da14p-9f, -0x1.7ca964p-10f, -0x1.8a0166p-11f, -0x1.a3c71p-12f, -0x1.a6cefep-13f, -0x1.b428cep-14f, -0x1.b5e966p-15f, -0x1.c34bd6p-16f, -0x1.d3413cp-17f, -0x1.d15a94p-18f, -0x1.e0c554p-19f, -0x1.eddd4p-20f, -0x1.f1c464p-21f, -0x1.06f68ep-21f, -0x1.0d80b2p-22f, -0x1.0d5b7p-23f, -0x1.1aa154p-24f, -0x1.15992ap-25f, -0x1.26918ap-26f, -0x1.22aafep-27f, -0x1.2c332p-28f, -0x1.2ef9ep-29f, -0x1.36470ap-30f, -0x1.483f1cp-31f, -0x1.47220ep-32f, -0x1.4ba83p-33f},
      {-0x1.50178cp-8f, -0x1.d222c6p-9f, 0x1.bc48d4p-14f, 0x1.ad8be6p-10f, 0x1.9fc8d6p-10f, 0x1.1a20cp-10f, 0x1.5391fap-11f, 0x1.6ef83ap-12f, 0x1.82c8d2p-13f, 0x1.9fbf4ep-14f, 0x1.a4c58p-15f, 0x1.b3176ap-16f, 0x1.b55aeap-17f, 0x1.c302c8p-18f, 0x1.d31ff8p-19f, 0x1.d143a6p-20f, 0x1.e0babcp-21f, 0x1.eddb9p-22f, 0x1.f1bc62p-23f, 0x1.06fcdcp-23f, 0x1.0d87dcp-24f, 0x1.0d5d0ap-25f, 0x1.1aaa6cp-26f, 0x1.15969cp-27f, 0x1.269aa4p-28f, 0x1.22a898p-29f, 0x1.2c33fep-30f, 0x1.2ef69p-31f, 0x1.36455ap-32f, 0x1.48484cp-33f, 0x1.472346p-34f, 0x1.4ba6b6p-35f},
      {0x1.04f3ap-12f, 0x1.f8cdc8p-11f, 0x1.95cacep-11f, 0x1.4e8422p-13f, -0x1.03dc0ep-13f, -0x1.40765ep-13f, -0x1.cf5416p-14f, -0x1.10b16ep-14f, -0x1.2ae228p-15f, -0x1.472a46p-16f, -0x1.4e925ap-17f, -0x1.5b9efap-18f, -0x1.5e5f48p-19f, -0x1.69c654p-20f, -0x1.76e048p-21f, -0x1.758f3cp-22f, -0x1.820a7ep-23f, -0x1.8c9c38p-24f, -0x1.8fc6dap-25f, -0x1.a651b6p-26f, -0x1.b0ca6cp-27f, -0x1.b0ada2p-28f, -0x1.c5a62ep-29f, -0x1.be2918p-30f, -0x1.d8d61ap-31f, -0x1.d331ap-32f, -0x1.e26504p-33f, -0x1.e6bd52p-34f, -0x1.f273ap-35f, -0x1.079922p-35f, -0x1.06c166p-36f, -0x1.0a6254p-37f},
      {0x1.5b53ep-12f, 0x1.7de868p-14f, -0x1.4634dcp-13f, -0x1.ea04aap-14f, -0x1.f864f6p-16f, 0x1.c7b724p-18f, 0x1.9c5e4ep-17f, 0x1.33badap-17f, 0x1.711d1cp-18f, 0x1.991402p-19f, 0x1.b1b75ap-20f, 0x1.c4da5p-21f, 0x1.d3577p-22f, 0x1.dffc42p-23f, 0x1.ec5dd6p-24f, 0x1.f68c56p-25f, 0x1.019872p-25f, 0x1.06ee3cp-26f, 0x1.0d6e98p-27f, 0x1.12ba96p-28f, 0x1.190cdep-29f, 0x1.1f39fap-30f, 0x1.24eb74p-31f, 0x1.2c6962p-32f, 0x1.31eedp-33f, 0x1.3a3462p-34f, 0x1.413442p-35f, 0x1.484c32p-36f, 0x1.4eeaep-37f, 0x1.56a04ep-38f, 0x1.5df7dap-39f, 0x1.65a8b6p-40f},
  };
};

// Another row 0 of Log1pTable<6>: value is NearestLn2<float>::high, and the rest is
// log1p(exp(-u)) - ln(2). Relative error of the rest: 2^-33.6
struct Log1pRowExactAt0 {
  static constexpr float coefficients[8] = {0x0p+0f, 0x1.62e43p-1f, -0x1p-1f, 0x1p-3f, 0x1.9db2fep-25f, -0x1.55655cp-8f, 0x1.a005fp-18f, 0x1.5d3348p-12f};
};

// sigmoid(-u) = value + slope r + c2 r^2 + ... with r = u - centre: a column for
// -centre, value, slope and each of the other coefficients
template <int degree>
struct SigmoidTable;

// Relative error: 2^-17.7
template <>
struct SigmoidTable<4> {
  static constexpr int size = 6, rows = 32;
  alignas(64) static constexpr float coefficients[size][rows] = {
      {0x0p+0f, -0x1.54afep-1f, -0x1.5b7ffp+0f, -0x1.00393p+1f, -0x1.59f8d8p+1f, -0x1.aae7acp+1f, -0x1.00cb4ap+2f, -0x1.2bb794p+2f, -0x1.584a78p+2f, -0x1.8353a6p+2f, -0x1.ad002p+2f, -0x1.d88f02p+2f, -0x1.01445cp+3f, -0x1.172b2p+3f, -0x1.2d387cp+3f, -0x1.41d6d4p+3f, -0x1.5710c8p+3f, -0x1.6d4034p+3f, -0x1.820f48p+3f, -0x1.98065p+3f, -0x1.adc44cp+3f, -0x1.c31fbp+3f, -0x1.d923acp+3f, -0x1.ed5fb8p+3f, -0x1.020a74p+4f, -0x1.0c2712p+4f, -0x1.178298p+4f, -0x1.223766p+4f, -0x1.2cd0f2p+4f, -0x1.37a1b8p+4f, -0x1.4271cp+4f, -0x1.4c98ep+4f},
      {0x1p-1f, 0x1.5bacep-2f, 0x1.a324acp-3f, 0x1.e7815p-4f, 0x1.013cbcp-4f, 0x1.19ab12p-5f, 0x1.231de8p-6f, 0x1.2c576ap-7f, 0x1.2cbabp-8f, 0x1.33b6dp-9f, 0x1.4145dp-10f, 0x1.458708p-11f, 0x1.51fe54p-12f, 0x1.5502bep-13f, 0x1.56692cp-14f, 0x1.678e2cp-15f, 0x1.72729p-16f, 0x1.72662ep-17f, 0x1.82a008p-18f, 0x1.853ddep-19f, 0x1.8a9d22p-20f, 0x1.94e75cp-21f, 0x1.96ffbap-22f, 0x1.b0850ep-23f, 0x1.a9745p-24f, 0x1.c449ap-25f, 0x1.bccc5cp-26f, 0x1.c79ae4p-27f, 0x1.d5ca52p-28f, 0x1.ddedfep-29f, 0x1.e64c52p-30f, 0x1.01d276p-30f},
      {-0x1p-2f, -0x1.cb42b2p-3f, -0x1.4d5c8ap-3f, -0x1.ad7b7cp-4f, -0x1.e22a18p-5f, -0x1.0ffbcap-5f, -0x1.1df1b4p-6f, -0x1.2996bp-7f, -0x1.2b596ap-8f, -0x1.32fdep-9f, -0x1.40e104p-10f, -0x1.45534ap-11f, -0x1.51e27p-12f, -0x1.54f48cp-13f, -0x1.566204p-14f, -0x1.678a3ap-15f, -0x1.727078p-16f, -0x1.726522p-17f, -0x1.829f76p-18f, -0x1.853d94p-19f, -0x1.8a9cfcp-20f, -0x1.94e748p-21f, -0x1.96ffbp-22f, -0x1.b08508p-23f, -0x1.a9744ep-24f, -0x1.c4499ep-25f, -0x1.bccc5cp-26f, -0x1.c79ae4p-27f, -0x1.d5ca52p-28f, -0x1.ddedfep-29f, -0x1.e64c52p-30f, -0x1.01d276p-30f},
      {-0x1.95925ep-16f, 0x1.26cb36p-5f, 0x1.89cedcp-5f, 0x1.473418p-5f, 0x1.a59c36p-6f, 0x1.fa94bcp-7f, 0x1.13ceccp-7f, 0x1.242b68p-8f, 0x1.289d08p-9f, 0x1.318f8cp-10f, 0x1.4021fep-11f, 0x1.44f2fp-12f, 0x1.51b80cp-13f, 0x1.54e07cp-14f, 0x1.565488p-15f, 0x1.678ee2p-16f, 0x1.727c7cp-17f, 0x1.7269b2p-18f, 0x1.82aeb6p-19f, 0x1.8546a4p-20f, 0x1.8aa282p-21f, 0x1.94eef4p-22f, 0x1.96fefap-23f, 0x1.b09868p-24f, 0x1.a973d4p-25f, 0x1.c45e44p-26f, 0x1.bccc2ap-27f, 0x1.c79bdap-28f, 0x1.d5d064p-29f, 0x1.ddf152p-30f, 0x1.e64ce2p-31f, 0x1.01de04p-31f},
      {0x1.5ae206p-6f, 0x1.a54a1ep-7f, -0x1.1bafap-11f, -0x1.a44014p-8f, -0x1.9ebadp-8f, -0x1.22a00ep-8f, -0x1.564106p-9f, -0x1.788a5ep-10f, -0x1.85e62p-11f, -0x1.9573a4p-12f, -0x1.aaadfp-13f, -0x1.b23da2p-14f, -0x1.c3bff6p-15f, -0x1.c8604cp-16f, -0x1.ca88c2p-17f, -0x1.e18ec2p-18f, -0x1.f027ecp-19f, -0x1.f04282p-20f, -0x1.02f296p-20f, -0x1.04c1fep-21f, -0x1.085f38p-22f, -0x1.0f4342p-23f, -0x1.10aab4p-24f, -0x1.21af9p-25f, -0x1.1d081ap-26f, -0x1.2eebf8p-27f, -0x1.29fdf8p-28f, -0x1.313c2cp-29f, -0x1.3abdaep-30f, -0x1.4031dep-31f, -0x1.45cc2p-32f, -0x1.595c38p-33f},
      {-0x1.84f00cp-10f, -0x1.48e33p-8f, -0x1.f4428cp-9f, -0x1.a28f44p-11f, 0x1.3fd0dap-11f, 0x1.90a0b2p-11f, 0x1.1d4fbep-11f, 0x1.53b7bcp-12f, 0x1.75f1cep-13f, 0x1.8cc492p-14f, 0x1.9d6dfep-15f, 0x1.aa9a6cp-16f, 0x1.b666b2p-17f, 0x1.c118a4p-18f, 0x1.cb968cp-19f, 0x1.d649a8p-20f, 0x1.e10bf6p-21f, 0x1.eb863ap-22f, 0x1.f6c508p-23f, 0x1.00dddp-23f, 0x1.068c8ap-24f, 0x1.0c6698p-25f, 0x1.12572ep-26f, 0x1.18a4dcp-27f, 0x1.1eac04p-28f, 0x1.254558p-29f, 0x1.2b8e2cp-30f, 0x1.3237p-31f, 0x1.3908a2p-32f, 0x1.3ffb54p-33f, 0x1.471792p-34f, 0x1.4e9ab6p-35f},
  };
};

// Relative error: 2^-27.2
template <>
struct SigmoidTable<6> {
  static constexpr int size = 8, rows = 32;
  alignas(64) static constexpr float coefficients[size][rows] = {
      {0x0p+0f, -0x1.54afep-1f, -0x1.5b7ffp+0f, -0x1.00393p+1f, -0x1.59f8d8p+1f, -0x1.aae7acp+1f, -0x1.00cb4ap+2f, -0x1.2bb794p+2f, -0x1.584a78p+2f, -0x1.8353a6p+2f, -0x1.ad002p+2f, -0x1.d88f02p+2f, -0x1.01445cp+3f, -0x1.172b2p+3f, -0x1.2d387cp+3f, -0x1.41d6d4p+3f, -0x1.5710c8p+3f, -0x1.6d4034p+3f, -0x1.820f48p+3f, -0x1.98065p+3f, -0x1.adc44cp+3f, -0x1.c31fbp+3f, -0x1.d923acp+3f, -0x1.ed5fb8p+3f, -0x1.020a74p+4f, -0x1.0c2712p+4f, -0x1.178298p+4f, -0x1.223766p+4f, -0x1.2cd0f2p+4f, -0x1.37a1b8p+4f, -0x1.4271cp+4f, -0x1.4c98ep+4f},
      {0x1p-1f, 0x1.5bacep-2f, 0x1.a324acp-3f, 0x1.e7815p-4f, 0x1.013cbcp-4f, 0x1.19ab12p-5f, 0x1.231de8p-6f, 0x1.2c576ap-7f, 0x1.2cbabp-8f, 0x1.33b6dp-9f, 0x1.4145dp-10f, 0x1.458708p-11f, 0x1.51fe54p-12f, 0x1.5502bep-13f, 0x1.56692cp-14f, 0x1.678e2cp-15f, 0x1.72729p-16f, 0x1.72662ep-17f, 0x1.82a008p-18f, 0x1.853ddep-19f, 0x1.8a9d22p-20f, 0x1.94e75cp-21f, 0x1.96ffbap-22f, 0x1.b0850ep-23f, 0x1.a9745p-24f, 0x1.c449ap-25f, 0x1.bccc5cp-26f, 0x1.c79ae4p-27f, 0x1.d5ca52p-28f, 0x1.ddedfep-29f, 0x1.e64c52p-30f, 0x1.01d276p-30f},
      {-0x1p-2f, -0x1.cb42b2p-3f, -0x1.4d5c8ap-3f, -0x1.ad7b7cp-4f, -0x1.e22a18p-5f, -0x1.0ffbcap-5f, -0x1.1df1b4p-6f, -0x1.2996bp-7f, -0x1.2b596ap-8f, -0x1.32fdep-9f, -0x1.40e104p-10f, -0x1.45534ap-11f, -0x1.51e27p-12f, -0x1.54f48cp-13f, -0x1.566204p-14f, -0x1.678a3ap-15f, -0x1.727078p-16f, -0x1.726522p-17f, -0x1.829f76p-18f, -0x1.853d94p-19f, -0x1.8a9cfcp-20f, -0x1.94e748p-21f, -0x1.96ffbp-22f, -0x1.b08508p-23f, -0x1.a9744ep-24f, -0x1.c4499ep-25f, -0x1.bccc5cp-26f, -0x1.c79ae4p-27f, -0x1.d5ca52p-28f, -0x1.ddedfep-29f, -0x1.e64c52p-30f, -0x1.01d276p-30f},
      {0x1.d76232p-25f, 0x1.26cbc2p-5f, 0x1.89d2p-5f, 0x1.473fa2p-5f, 0x1.a59a42p-6f, 0x1.fa8f7ep-7f, 0x1.13c85ep-7f, 0x1.242228p-8f, 0x1.289a1cp-9f, 0x1.318cdep-10f, 0x1.4017a8p-11f, 0x1.44ebdep-12f, 0x1.51aaa8p-13f, 0x1.54d828p-14f, 0x1.5653b4p-15f, 0x1.67825p-16f, 0x1.726c42p-17f, 0x1.72630ap-18f, 0x1.829e4cp-19f, 0x1.853cfap-20f, 0x1.8a9caep-21f, 0x1.94e72p-22f, 0x1.96ff9cp-23f, 0x1.b084f6p-24f, 0x1.a9744ap-25f, 0x1.c44994p-26f, 0x1.bccc5cp-27f, 0x1.c79ae4p-28f, 0x1.d5ca5p-29f, 0x1.ddedfep-30f, 0x1.e64c54p-31f, 0x1.01d272p-31f},
      {0x1.554e6ap-6f, 0x1.a71f5ap-7f, -0x1.4bd3ep-11f, -0x1.a8c13ep-8f, -0x1.9fdc36p-8f, -0x1.22683ep-8f, -0x1.55564p-9f, -0x1.772a04p-10f, -0x1.843126p-11f, -0x1.939164p-12f, -0x1.a8b19p-13f, -0x1.b0262cp-14f, -0x1.c1a382p-15f, -0x1.c62902p-16f, -0x1.c8489cp-17f, -0x1.df428p-18f, -0x1.edd99ep-19f, -0x1.edd2e6p-20f, -0x1.01bceap-20f, -0x1.037cbap-21f, -0x1.071232p-22f, -0x1.0deebp-23f, -0x1.0f546p-24f, -0x1.20583ep-25f, -0x1.1ba1eap-26f, -0x1.2d8616p-27f, -0x1.28874cp-28f, -0x1.2fbbccp-29f, -0x1.3930dp-30f, -0x1.3e9dfap-31f, -0x1.44323ep-32f, -0x1.57c2acp-33f},
      {0x1.2e6e9p-16f, -0x1.4c3c8ap-8f, -0x1.f4ac88p-9f, -0x1.c2c612p-11f, 0x1.4a44ap-11f, 0x1.96330cp-11f, 0x1.22ad78p-11f, 0x1.5b0f5cp-12f, 0x1.75cadap-13f, 0x1.8bf28ap-14f, 0x1.a48be8p-15f, 0x1.ae02bcp-16f, 0x1.c0856p-17f, 0x1.c595e4p-18f, 0x1.c7fadcp-19f, 0x1.df2432p-20f, 0x1.edd10ap-21f, 0x1.edc95ep-22f, 0x1.01c0ecp-22f, 0x1.037ffep-23f, 0x1.07129ap-24f, 0x1.0def54p-25f, 0x1.0f5244p-26f, 0x1.2060bap-27f, 0x1.1b9f0ap-28f, 0x1.2d8f3ap-29f, 0x1.2884a8p-30f, 0x1.2fb9e6p-31f, 0x1.3931cep-32f, 0x1.3e9d04p-33f, 0x1.442f56p-34f, 0x1.57cc8p-35f},
      {-0x1.1d1cf6p-9f, -0x1.2e28e2p-11f, 0x1.eb4dfp-11f, 0x1.79b97ap-11f, 0x1.6e9e6ap-13f, -0x1.2f303ep-15f, -0x1.3743b8p-14f, -0x1.d41cbcp-15f, -0x1.14f53p-15f, -0x1.31942ep-16f, -0x1.4ae90cp-17f, -0x1.55d86ep-18f, -0x1.663cccp-19f, -0x1.6b5248p-20f, -0x1.6db9b6p-21f, -0x1.80806cp-22f, -0x1.8c5ef4p-23f, -0x1.8c7fap-24f, -0x1.9dddcp-25f, -0x1.a0cbb8p-26f, -0x1.a697cap-27f, -0x1.b1985p-28f, -0x1.b3e428p-29f, -0x1.cef144p-30f, -0x1.c7e564p-31f, -0x1.e4092cp-32f, -0x1.dc9b8ap-33f, -0x1.e8107p-34f, -0x1.f7347p-35f, -0x1.ffdd9ap-36f, -0x1.04621ep-36f, -0x1.140a04p-37f},
      {0x1.d3cd9p-13f, 0x1.200104p-11f, 0x1.d80f5cp-14f, -0x1.3228b2p-13f, -0x1.86d5f4p-14f, -0x1.925592p-16f, 0x1.c4bc98p-20f, 0x1.9191ccp-18f, 0x1.359b98p-18f, 0x1.780b42p-19f, 0x1.a0ae9ap-20f, 0x1.bbc962p-21f, 0x1.ce1a26p-22f, 0x1.ddd07cp-23f, 0x1.e96418p-24f, 0x1.f5829ep-25f, 0x1.0156fep-25f, 0x1.077d0ep-26f, 0x1.0cfaf8p-27f, 0x1.12172ep-28f, 0x1.192452p-29f, 0x1.1ffdb2p-30f, 0x1.2563bcp-31f, 0x1.2be5dep-32f, 0x1.3328d6p-33f, 0x1.39387ap-34f, 0x1.40d3f2p-35f, 0x1.47e65p-36f, 0x1.4f27d8p-37f, 0x1.56d24p-38f, 0x1.5ea80ep-39f, 0x1.66509ep-40f},
  };
};

// (log1p(exp(-u)) / exp(-u) - 1) / exp(-u) from k = 7 on, where the table of AVX2 ends
// Relative error of the quantity: 2^-34.5
struct Log1pCorrection {
  static constexpr int size = 3;
  static constexpr float coefficient(int power) {
    constexpr float coefficients[size] = {
        -0x1.fffffcp-2f,
        0x1.554d24p-2f,
        -0x1.f6ac88p-3f,
    };
    return coefficients[power];
  }
};

// 2^(k - 24) log1p(exp(-u)) = high + slope r + r^2 (core0 + core1 r + ...) + low, a column for each;
// relative error: 2^-28.4
struct Log1pOctaves {
  static constexpr bool has_low = true;
  static constexpr int size = 8, rows = 8;
  alignas(64) static constexpr float coefficients[size][rows] = {
      {0x1.62e43p-25f, 0x1.cp-25f, 0x1.c8ff7cp-25f, 0x1.e27076p-25f, 0x1.f0a30cp-25f, 0x1.f829bp-25f, 0x1.fc0a8cp-25f, 0x1p-24f},
      {-0x1p-25f, -0x1.555556p-25f, -0x1.99999ap-25f, -0x1.c71c72p-25f, -0x1.e1e1e2p-25f, -0x1.f07c1ep-25f, -0x1.f81f82p-25f, -0x1p-24f},
      {0x1.fffffap-28f, 0x1.c71c98p-27f, 0x1.47ae1cp-26f, 0x1.948b02p-26f, 0x1.c5893cp-26f, 0x1.e1709p-26f, 0x1.f05e0cp-26f, 0x1.00000ap-25f},
      {0x1.f8501cp-51f, -0x1.948572p-30f, -0x1.062422p-28f, -0x1.a38758p-28f, -0x1.0ac9a8p-27f, -0x1.2d82d4p-27f, -0x1.40bab6p-27f, -0x1.5554e4p-27f},
      {-0x1.554808p-32f, -0x1.951648p-32f, 0x1.16c568p-34f, 0x1.b7bf58p-31f, 0x1.93fdfcp-30f, 0x1.08677ap-29f, 0x1.2cd3cap-29f, 0x1.55404ep-29f},
      {-0x1.02762p-46f, 0x1.0a4b58p-33f, 0x1.808036p-33f, 0x1.fc83bep-35f, -0x1.1b47a6p-33f, -0x1.36ec3ep-32f, -0x1.a42c5p-32f, -0x1.11ea46p-31f},
      {0x1.6308b6p-36f, 0x1.cd2df6p-37f, -0x1.453fp-35f, -0x1.e8920ap-35f, -0x1.cdfc2ep-36f, 0x1.14fdaep-36f, 0x1.985a88p-35f, 0x1.81da66p-34f},
      {-0x1.ec4e46p-54f, -0x1.066e0ap-28f, 0x1.d261cp-51f, 0x1.d8ebcep-50f, 0x1.b5d8aap-54f, 0x1.db382p-50f, -0x1.e2e578p-50f, -0x1.91ebep-54f},
  };
};

// 2^(k - 24) log1p(exp(-u)) = high + slope r + r^2 (core0 + core1 r + ...), a column for each;
// relative error: 2^-23.4
struct ShortLog1pOctaves {
  static constexpr bool has_low = false;
  static constexpr int size = 6, rows = 8;
  alignas(64) static constexpr float coefficients[size][rows] = {
      {0x1.62e43p-25f, 0x1.9f324p-25f, 0x1.c8ff7cp-25f, 0x1.e27076p-25f, 0x1.f0a30cp-25f, 0x1.f829b2p-25f, 0x1.fc0a8cp-25f, 0x1p-24f},
      {-0x1.000006p-25f, -0x1.555556p-25f, -0x1.99998ep-25f, -0x1.c71c5ep-25f, -0x1.e1e1dap-25f, -0x1.f07c2p-25f, -0x1.f81f92p-25f, -0x1.00000cp-24f},
      {0x1.fffe6p-28f, 0x1.c71a82p-27f, 0x1.47aef2p-26f, 0x1.948c5p-26f, 0x1.c589bcp-26f, 0x1.e16f98p-26f, 0x1.f05ce2p-26f, 0x1.fffe54p-26f},
      {0x1.5e9728p-41f, -0x1.94834ep-30f, -0x1.063836p-28f, -0x1.a3a708p-28f, -0x1.0ad0e2p-27f, -0x1.2d81p-27f, -0x1.40adf6p-27f, -0x1.553e3ap-27f},
      {-0x1.5255b4p-32f, -0x1.91031p-32f, 0x1.0042cep-34f, 0x1.b37e22p-31f, 0x1.930c3cp-30f, 0x1.08eb62p-29f, 0x1.2dbd72p-29f, 0x1.56dea2p-29f},
      {-0x1.b38776p-38f, 0x1.0ab542p-33f, 0x1.98c584p-33f, 0x1.49179cp-34f, -0x1.09580ap-33f, -0x1.3897eap-32f, -0x1.b34046p-32f, -0x1.2028c6p-31f},
  };
};

// (exp(-r) - 1 + r) / r^2, for exp(-r)
// Relative error of the quantity: 2^-63.6
template <>
struct Expm1Core<double> {
  static constexpr int size = 11;
  static constexpr double coefficient(int power) {
    constexpr double coefficients[size] = {
        0x1p-1,
        -0x1.5555555555554p-3,
        0x1.55555555555fep-5,
        -0x1.1111111111a5ap-7,
        0x1.6c16c16bb2edbp-10,
        -0x1.a01a019c8abddp-13,
        0x1.a01a043eeeef7p-16,
        -0x1.71de397e539adp-19,
        0x1.27dd6c388c94p-22,
        -0x1.aec85c9f8b6ecp-26,
        0x1.2eff1bc2e1c35p-29,
    };
    return coefficients[power];
  }
};

template <>
struct Ln2<double> {
  static constexpr double high = 0x1.62e42fefa38p-1;
  static constexpr double low = 0x1.ef35793c7673p-45;
};

// (v - log1p(v)) / v^2, for the logarithm
// Relative error of the quantity: 2^-59.0
template <>
struct Log1pCore<double> {
  static constexpr int size = 14;
  static constexpr double coefficient(int power) {
    constexpr double coefficients[size] = {
        0x1.ffffffffffffep-2,
        -0x1.5555555555598p-2,
        0x1.000000000164fp-2,
        -0x1.9999999991458p-3,
        0x1.5555554fd1a9cp-3,
        -0x1.24924917f682bp-3,
        0x1.00000442b7ad7p-3,
        -0x1.c71c9b724f241p-4,
        0x1.99969eb982f1cp-4,
        -0x1.7447fc3d18696p-4,
        0x1.55bf7492cffdap-4,
        -0x1.3f953c81ddecdp-4,
        0x1.255b46e6c2a6ep-4,
        -0x1.77b1dbecdd4f2p-5,
    };
    return coefficients[power];
  }
};

template <>
struct Log1pRows<double> {
  // k = 0; error of log: 2^-66.6
  static constexpr Row<double> row0{0x1.ffffff8e28p-2, -0x1.c76p-27, 0x1.62e430617b9fp-1};
  // k = 1; error of log: 2^-69.3
  static constexpr Row<double> row1{0x1.5555556315555p-2, 0x1.49ffff8p-29, 0x1.9f323ea2b984dp-2};
  // k = 2; error of log: 2^-69.6
  static constexpr Row<double> row2{0x1.99999905d999ap-3, -0x1.715ffffp-26, 0x1.c8ff7f5c69a28p-3};
};

// (2 atanh(s) - 2 s) / s^3 in s^2, for the logarithm
// Relative error of the quantity: 2^-59.1
template <>
struct AtanhCore<double> {
  static constexpr int size = 7;
  static constexpr double coefficient(int power) {
    constexpr double coefficients[size] = {
        0x1.555555555557ap-1,
        0x1.9999999985314p-2,
        0x1.2492493eac715p-2,
        0x1.c71c53e26d0b5p-3,
        0x1.7465fd85a532bp-3,
        0x1.39a5cc716adap-3,
        0x1.2ef144e43415bp-3,
    };
    return coefficients[power];
  }
};

// ln(2) - high - low, for results near 0
template <>
struct Ln2Rest<double> {
  static constexpr double value = 0x1.f97b57a079a19p-103;
};

template <>
struct NearestLn2<double> {
  static constexpr double high = 0x1.62e42fefa39efp-1;
  static constexpr double low = 0x1.abc9e3b39803fp-56;
};

}  // namespace fused_softplus::math
