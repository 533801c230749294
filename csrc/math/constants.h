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

// 2^k log1p(exp(-u)) = high + slope r + r^2 (core0 + core1 r + ...) + low, a column for each;
// relative error: 2^-28.4
struct Log1pTable {
  static constexpr int size = 8, rows = 32;
  static constexpr bool has_low = true;
  static constexpr float coefficients[size][rows] = {
      {0x1.62e43p-1f, 0x1.cp-1f, 0x1.c8ff7cp-1f, 0x1.e27076p-1f, 0x1.f0a30cp-1f, 0x1.f829bp-1f, 0x1.fc0a8cp-1f, 0x1.fe02a6p-1f, 0x1.ff00aap-1f, 0x1.ff802ap-1f, 0x1.ffc00ap-1f, 0x1.ffe002p-1f, 0x1.fffp-1f, 0x1.fff8p-1f, 0x1.fffcp-1f, 0x1.fffep-1f, 0x1.ffffp-1f, 0x1.ffff8p-1f, 0x1.ffffcp-1f, 0x1.ffffep-1f, 0x1.fffffp-1f, 0x1.fffff8p-1f, 0x1.fffffcp-1f, 0x1.fffffep-1f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f},
      {-0x1p-1f, -0x1.555556p-1f, -0x1.99999ap-1f, -0x1.c71c72p-1f, -0x1.e1e1e2p-1f, -0x1.f07c1ep-1f, -0x1.f81f82p-1f, -0x1.fc07fp-1f, -0x1.fe01fep-1f, -0x1.ff008p-1f, -0x1.ff802p-1f, -0x1.ffc008p-1f, -0x1.ffe002p-1f, -0x1.fff002p-1f, -0x1.fff8p-1f, -0x1.fffcp-1f, -0x1.fffep-1f, -0x1.ffffp-1f, -0x1.ffff8p-1f, -0x1.ffffcp-1f, -0x1.ffffep-1f, -0x1.fffffp-1f, -0x1.fffff8p-1f, -0x1.fffffcp-1f, -0x1.fffffep-1f, -0x1p+0f, -0x1p+0f, -0x1p+0f, -0x1p+0f, -0x1p+0f, -0x1p+0f, -0x1p+0f},
      {0x1.fffffap-4f, 0x1.c71c98p-3f, 0x1.47ae1cp-2f, 0x1.948b02p-2f, 0x1.c5893cp-2f, 0x1.e1709p-2f, 0x1.f05e0cp-2f, 0x1.f817cap-2f, 0x1.fc0606p-2f, 0x1.fe019p-2f, 0x1.ff007p-2f, 0x1.ff802ap-2f, 0x1.ffc018p-2f, 0x1.ffe016p-2f, 0x1.fff012p-2f, 0x1.fff812p-2f, 0x1.fffc12p-2f, 0x1.fffe12p-2f, 0x1.ffff12p-2f, 0x1.ffff92p-2f, 0x1.ffffd2p-2f, 0x1.fffff2p-2f, 0x1.000002p-1f, 0x1.000006p-1f, 0x1.000008p-1f, 0x1.00000ap-1f, 0x1.00000ap-1f, 0x1.00000ap-1f, 0x1.00000ap-1f, 0x1.00000ap-1f, 0x1.00000ap-1f, 0x1.00000ap-1f},
      {0x1.f8501cp-27f, -0x1.948572p-6f, -0x1.062422p-4f, -0x1.a38758p-4f, -0x1.0ac9a8p-3f, -0x1.2d82d4p-3f, -0x1.40bab6p-3f, -0x1.4ad9d2p-3f, -0x1.500b9p-3f, -0x1.52ad1ep-3f, -0x1.540044p-3f, -0x1.54aa62p-3f, -0x1.54ff9p-3f, -0x1.55294cp-3f, -0x1.553f92p-3f, -0x1.554a3p-3f, -0x1.554f82p-3f, -0x1.55522cp-3f, -0x1.55538p-3f, -0x1.55542cp-3f, -0x1.55548p-3f, -0x1.5554acp-3f, -0x1.5554dp-3f, -0x1.5554dap-3f, -0x1.5554ep-3f, -0x1.55545p-3f, -0x1.5554a2p-3f, -0x1.5554c2p-3f, -0x1.5554d4p-3f, -0x1.5554dcp-3f, -0x1.5554ep-3f, -0x1.5554e4p-3f},
      {-0x1.554808p-8f, -0x1.951648p-8f, 0x1.16c568p-10f, 0x1.b7bf58p-7f, 0x1.93fdfcp-6f, 0x1.08677ap-5f, 0x1.2cd3cap-5f, 0x1.40831p-5f, 0x1.4abf4ap-5f, 0x1.4ff73ap-5f, 0x1.529adap-5f, 0x1.53ecf4p-5f, 0x1.549716p-5f, 0x1.54ee2ep-5f, 0x1.5516f4p-5f, 0x1.552c32p-5f, 0x1.5536d6p-5f, 0x1.553c2ap-5f, 0x1.553ed8p-5f, 0x1.554028p-5f, 0x1.5540d6p-5f, 0x1.554128p-5f, 0x1.554032p-5f, 0x1.554048p-5f, 0x1.554052p-5f, 0x1.5540cep-5f, 0x1.55404ep-5f, 0x1.55404p-5f, 0x1.55405ap-5f, 0x1.554058p-5f, 0x1.554052p-5f, 0x1.55404ep-5f},
      {-0x1.02762p-22f, 0x1.0a4b58p-9f, 0x1.808036p-9f, 0x1.fc83bep-11f, -0x1.1b47a6p-9f, -0x1.36ec3ep-8f, -0x1.a42c5p-8f, -0x1.e160e4p-8f, -0x1.00fdcap-7f, -0x1.096f72p-7f, -0x1.0da828p-7f, -0x1.0fc926p-7f, -0x1.10ddd6p-7f, -0x1.11e376p-7f, -0x1.11a6ap-7f, -0x1.11ce8cp-7f, -0x1.11e14p-7f, -0x1.11ea2p-7f, -0x1.11ef4ap-7f, -0x1.11f084p-7f, -0x1.11f29p-7f, -0x1.11f22p-7f, -0x1.11e94ep-7f, -0x1.11e9e4p-7f, -0x1.11e982p-7f, -0x1.1235bp-7f, -0x1.1207f8p-7f, -0x1.11f97ep-7f, -0x1.11f186p-7f, -0x1.11edf4p-7f, -0x1.11ec08p-7f, -0x1.11ea46p-7f},
      {0x1.6308b6p-12f, 0x1.cd2df6p-13f, -0x1.453fp-11f, -0x1.e8920ap-11f, -0x1.cdfc2ep-12f, 0x1.14fdaep-12f, 0x1.985a88p-11f, 0x1.2113cp-10f, 0x1.4f875ep-10f, 0x1.67ac12p-10f, 0x1.73f13p-10f, 0x1.7ae644p-10f, 0x1.7debaap-10f, 0x1.79eb1cp-10f, 0x1.805a0ap-10f, 0x1.80a018p-10f, 0x1.80c992p-10f, 0x1.80e058p-10f, 0x1.80e2aep-10f, 0x1.80f49ap-10f, 0x1.80ec36p-10f, 0x1.80f918p-10f, 0x1.81cd5ep-10f, 0x1.81c9bcp-10f, 0x1.81cdeap-10f, 0x1.7f01b6p-10f, 0x1.80fb0ap-10f, 0x1.817448p-10f, 0x1.8195c2p-10f, 0x1.81b2ecp-10f, 0x1.81c61cp-10f, 0x1.81da66p-10f},
      {-0x1.ec4e46p-30f, -0x1.066e0ap-4f, 0x1.d261cp-27f, 0x1.d8ebcep-26f, 0x1.b5d8aap-30f, 0x1.db382p-26f, -0x1.e2e578p-26f, 0x1.55782ap-26f, 0x1.0e6084p-28f, 0x1.1fa306p-26f, 0x1.39ec9ep-26f, 0x1.3c9298p-26f, 0x1.3c94e8p-26f, 0x1.e35ea6p-29f, -0x1.d70254p-33f, -0x1.3bb9d6p-30f, -0x1.7c27fap-30f, -0x1.8c5f3cp-30f, -0x1.907ae2p-30f, -0x1.9188b6p-30f, -0x1.91cfap-30f, -0x1.91e316p-30f, -0x1.91e8dp-30f, -0x1.91eaaep-30f, -0x1.0c8f5ap-25f, -0x1.191ebap-26f, -0x1.323d78p-27f, -0x1.647af4p-28f, -0x1.c8f5ecp-29f, -0x1.48f5eep-29f, -0x1.08f5fp-29f, -0x1.91ebep-30f},
  };
  using Correction = Log1pCorrection;
};

// 2^k sigmoid(-u) = high + slope r + r^2 (core0 + core1 r + ...) + low, a column for each;
// relative error: 2^-27.6
struct SigmoidTable {
  static constexpr int size = 8, rows = 32;
  static constexpr bool has_low = true;
  static constexpr float coefficients[size][rows] = {
      {0x1p-1f, 0x1.555554p-1f, 0x1.999998p-1f, 0x1.c71c7p-1f, 0x1.e1e1ep-1f, 0x1.f07cp-1f, 0x1.f81f8p-1f, 0x1.fc08p-1f, 0x1.fe02p-1f, 0x1.ffp-1f, 0x1.ff8p-1f, 0x1.ffcp-1f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f},
      {-0x1.fffffep-3f, -0x1.c71c72p-2f, -0x1.47ae16p-1f, -0x1.948b1p-1f, -0x1.c5894cp-1f, -0x1.e1709ap-1f, -0x1.f05e0ap-1f, -0x1.f817cp-1f, -0x1.fc05f8p-1f, -0x1.fe018p-1f, -0x1.ff006p-1f, -0x1.ff8018p-1f, -0x1.ffc006p-1f, -0x1.ffe002p-1f, -0x1.fff002p-1f, -0x1.fff8p-1f, -0x1.fffcp-1f, -0x1.fffep-1f, -0x1.ffffp-1f, -0x1.ffff8p-1f, -0x1.ffffcp-1f, -0x1.ffffep-1f, -0x1.fffffp-1f, -0x1.fffff8p-1f, -0x1.fffffcp-1f, -0x1.fffffep-1f, -0x1p+0f, -0x1p+0f, -0x1p+0f, -0x1p+0f, -0x1p+0f, -0x1p+0f},
      {-0x1.619d24p-22f, 0x1.2f684ap-4f, 0x1.8937a8p-3f, 0x1.3aa514p-2f, 0x1.902dbcp-2f, 0x1.c442e4p-2f, 0x1.e11826p-2f, 0x1.f04704p-2f, 0x1.f811e8p-2f, 0x1.fc048cp-2f, 0x1.fe013p-2f, 0x1.ff0058p-2f, 0x1.ff8024p-2f, 0x1.ffc018p-2f, 0x1.ffe016p-2f, 0x1.fff012p-2f, 0x1.fff812p-2f, 0x1.fffc12p-2f, 0x1.fffe12p-2f, 0x1.ffff12p-2f, 0x1.ffff92p-2f, 0x1.ffffd2p-2f, 0x1.fffff2p-2f, 0x1.000002p-1f, 0x1.000006p-1f, 0x1.000008p-1f, 0x1.00000ap-1f, 0x1.00000ap-1f, 0x1.00000ap-1f, 0x1.00000ap-1f, 0x1.00000ap-1f, 0x1.00000ap-1f},
      {0x1.554fdp-6f, 0x1.948c8ep-6f, -0x1.176afep-8f, -0x1.b78064p-5f, -0x1.93d9ap-4f, -0x1.085ff2p-3f, -0x1.2cd622p-3f, -0x1.408dbp-3f, -0x1.4ace16p-3f, -0x1.500802p-3f, -0x1.52ac6ep-3f, -0x1.540016p-3f, -0x1.54aa58p-3f, -0x1.54ff56p-3f, -0x1.552936p-3f, -0x1.553f8ep-3f, -0x1.554a2ep-3f, -0x1.554f82p-3f, -0x1.55522cp-3f, -0x1.55538p-3f, -0x1.55542cp-3f, -0x1.55548p-3f, -0x1.5554acp-3f, -0x1.5554dp-3f, -0x1.5554dap-3f, -0x1.5554ep-3f, -0x1.55545p-3f, -0x1.5554a2p-3f, -0x1.5554c2p-3f, -0x1.5554d4p-3f, -0x1.5554dcp-3f, -0x1.5554e4p-3f},
      {0x1.5758dap-17f, -0x1.511a7ep-7f, -0x1.e30a7ap-7f, -0x1.36fee8p-8f, 0x1.66a444p-7f, 0x1.8698ccp-6f, 0x1.067a36p-5f, 0x1.2c4e32p-5f, 0x1.406182p-5f, 0x1.4ab752p-5f, 0x1.4ff52ap-5f, 0x1.529a5p-5f, 0x1.53ece8p-5f, 0x1.5496c6p-5f, 0x1.54ee1cp-5f, 0x1.5516eep-5f, 0x1.552c2cp-5f, 0x1.5536d6p-5f, 0x1.553c2ap-5f, 0x1.553ed8p-5f, 0x1.554028p-5f, 0x1.5540d6p-5f, 0x1.554128p-5f, 0x1.554032p-5f, 0x1.554048p-5f, 0x1.554052p-5f, 0x1.5540cep-5f, 0x1.55404ep-5f, 0x1.55404p-5f, 0x1.55405ap-5f, 0x1.554058p-5f, 0x1.55404ep-5f},
      {-0x1.0d1e1ap-9f, -0x1.fbe02cp-11f, 0x1.f4baeep-9f, 0x1.55b5ap-8f, 0x1.219016p-9f, -0x1.bebe6p-10f, -0x1.2e98dp-8f, -0x1.a148a6p-8f, -0x1.e0c9ap-8f, -0x1.013a46p-7f, -0x1.09639p-7f, -0x1.0da5f6p-7f, -0x1.0fc7fap-7f, -0x1.10f554p-7f, -0x1.11ee7cp-7f, -0x1.11a852p-7f, -0x1.11cfap-7f, -0x1.11e132p-7f, -0x1.11ea1cp-7f, -0x1.11ef48p-7f, -0x1.11f084p-7f, -0x1.11f29p-7f, -0x1.11f22p-7f, -0x1.11e94ep-7f, -0x1.11e9e4p-7f, -0x1.11e982p-7f, -0x1.1235bp-7f, -0x1.1207f8p-7f, -0x1.11f97ep-7f, -0x1.11f186p-7f, -0x1.11edf4p-7f, -0x1.11ea46p-7f},
      {-0x1.476b46p-14f, 0x1.225088p-10f, 0x1.03696cp-11f, -0x1.336652p-10f, -0x1.7756e4p-10f, -0x1.5cfc16p-11f, 0x1.6ca85cp-13f, 0x1.90acfap-11f, 0x1.1ed37cp-10f, 0x1.4bcc86p-10f, 0x1.67ab98p-10f, 0x1.73ee9ep-10f, 0x1.7ad3d2p-10f, 0x1.7d62a4p-10f, 0x1.79aac4p-10f, 0x1.8050bp-10f, 0x1.809dep-10f, 0x1.80c9c8p-10f, 0x1.80e07p-10f, 0x1.80e2c8p-10f, 0x1.80f4ap-10f, 0x1.80ec36p-10f, 0x1.80f918p-10f, 0x1.81cd5ep-10f, 0x1.81c9bcp-10f, 0x1.81cdeap-10f, 0x1.7f01b6p-10f, 0x1.80fb0ap-10f, 0x1.817448p-10f, 0x1.8195c2p-10f, 0x1.81b2ecp-10f, 0x1.81da66p-10f},
      {0x1.b668dap-30f, 0x1.55b6b6p-25f, 0x1.7e2b38p-25f, 0x1.c21baap-25f, 0x1.f3b1eap-25f, 0x1.f19432p-21f, 0x1.0007eep-24f, -0x1.fc1c72p-22f, -0x1.02124ep-24f, 0x1.fedb96p-19f, 0x1.fed252p-21f, 0x1.fcd302p-23f, -0x1.ffe0c4p-13f, -0x1.fff18cp-14f, -0x1.fffb1ep-15f, -0x1.00012p-15f, -0x1.000544p-16f, -0x1.000c0cp-17f, -0x1.0018dcp-18f, -0x1.00321ap-19f, -0x1.006468p-20f, -0x1.00c8eap-21f, -0x1.0191e4p-22f, -0x1.0323d2p-23f, -0x1.0647acp-24f, -0x1.0c8f5cp-25f, -0x1.191ebap-26f, -0x1.323d78p-27f, -0x1.647af4p-28f, -0x1.c8f5ecp-29f, -0x1.48f5eep-29f, -0x1.91ebep-30f},
  };
};

// 2^k log1p(exp(-u)) = high + slope r + r^2 (core0 + core1 r + ...), a column for each;
// relative error: 2^-23.4
struct ShortLog1pTable {
  static constexpr int size = 6, rows = 32;
  static constexpr bool has_low = false;
  static constexpr float coefficients[size][rows] = {
      {0x1.62e43p-1f, 0x1.9f324p-1f, 0x1.c8ff7cp-1f, 0x1.e27076p-1f, 0x1.f0a30cp-1f, 0x1.f829b2p-1f, 0x1.fc0a8cp-1f, 0x1.fe02a8p-1f, 0x1.ff00acp-1f, 0x1.ff802cp-1f, 0x1.ffc00cp-1f, 0x1.ffe004p-1f, 0x1.fff002p-1f, 0x1.fff802p-1f, 0x1.fffc02p-1f, 0x1.fffe02p-1f, 0x1.ffff02p-1f, 0x1.ffff82p-1f, 0x1.ffffc2p-1f, 0x1.ffffe2p-1f, 0x1.fffff2p-1f, 0x1.fffffap-1f, 0x1.fffffep-1f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f},
      {-0x1.000006p-1f, -0x1.555556p-1f, -0x1.99998ep-1f, -0x1.c71c5ep-1f, -0x1.e1e1dap-1f, -0x1.f07c2p-1f, -0x1.f81f92p-1f, -0x1.fc0808p-1f, -0x1.fe0218p-1f, -0x1.ff009cp-1f, -0x1.ff803cp-1f, -0x1.ffc026p-1f, -0x1.ffe02p-1f, -0x1.fff02p-1f, -0x1.fff81ep-1f, -0x1.fffc1ep-1f, -0x1.fffe1ep-1f, -0x1.ffff1ep-1f, -0x1.ffff9ep-1f, -0x1.ffffdep-1f, -0x1.fffffep-1f, -0x1.000008p+0f, -0x1.00000cp+0f, -0x1.00000ep+0f, -0x1.00000ep+0f, -0x1.00000cp+0f, -0x1.00000cp+0f, -0x1.00000cp+0f, -0x1.00000cp+0f, -0x1.00000cp+0f, -0x1.00000cp+0f, -0x1.00000cp+0f},
      {0x1.fffe6p-4f, 0x1.c71a82p-3f, 0x1.47aef2p-2f, 0x1.948c5p-2f, 0x1.c589bcp-2f, 0x1.e16f98p-2f, 0x1.f05ce2p-2f, 0x1.f8162ep-2f, 0x1.fc03fap-2f, 0x1.fdff94p-2f, 0x1.fefe6cp-2f, 0x1.ff7e26p-2f, 0x1.ffbe0ep-2f, 0x1.ffdde2p-2f, 0x1.ffeddap-2f, 0x1.fff5d6p-2f, 0x1.fff9d6p-2f, 0x1.fffbd6p-2f, 0x1.fffcd6p-2f, 0x1.fffd56p-2f, 0x1.fffd96p-2f, 0x1.fffda2p-2f, 0x1.fffdb2p-2f, 0x1.fffdbap-2f, 0x1.fffe2p-2f, 0x1.fffe32p-2f, 0x1.fffe44p-2f, 0x1.fffe4cp-2f, 0x1.fffe5p-2f, 0x1.fffe52p-2f, 0x1.fffe54p-2f, 0x1.fffe54p-2f},
      {0x1.5e9728p-17f, -0x1.94834ep-6f, -0x1.063836p-4f, -0x1.a3a708p-4f, -0x1.0ad0e2p-3f, -0x1.2d81p-3f, -0x1.40adf6p-3f, -0x1.4ac744p-3f, -0x1.4ff70ap-3f, -0x1.529682p-3f, -0x1.53e92cp-3f, -0x1.54926ep-3f, -0x1.54e77ap-3f, -0x1.5511a4p-3f, -0x1.55277ep-3f, -0x1.553222p-3f, -0x1.55377p-3f, -0x1.553a18p-3f, -0x1.553b6ep-3f, -0x1.553c18p-3f, -0x1.553c6ep-3f, -0x1.553c18p-3f, -0x1.553c2cp-3f, -0x1.553c38p-3f, -0x1.553c8ap-3f, -0x1.553e02p-3f, -0x1.553e1ap-3f, -0x1.553e2ap-3f, -0x1.553e32p-3f, -0x1.553e36p-3f, -0x1.553e32p-3f, -0x1.553e3ap-3f},
      {-0x1.5255b4p-8f, -0x1.91031p-8f, 0x1.0042cep-10f, 0x1.b37e22p-7f, 0x1.930c3cp-6f, 0x1.08eb62p-5f, 0x1.2dbd72p-5f, 0x1.41ca42p-5f, 0x1.4c49b2p-5f, 0x1.518e1ap-5f, 0x1.543d22p-5f, 0x1.559448p-5f, 0x1.56426ep-5f, 0x1.56a234p-5f, 0x1.56cecap-5f, 0x1.56e57ap-5f, 0x1.56f018p-5f, 0x1.56f574p-5f, 0x1.56f82ap-5f, 0x1.56f982p-5f, 0x1.56fa3p-5f, 0x1.57043ep-5f, 0x1.570478p-5f, 0x1.57047cp-5f, 0x1.56e7dp-5f, 0x1.56e5dap-5f, 0x1.56e1dep-5f, 0x1.56e03ep-5f, 0x1.56df7p-5f, 0x1.56df08p-5f, 0x1.56de72p-5f, 0x1.56dea2p-5f},
      {-0x1.b38776p-14f, 0x1.0ab542p-9f, 0x1.98c584p-9f, 0x1.49179cp-10f, -0x1.09580ap-9f, -0x1.3897eap-8f, -0x1.b34046p-8f, -0x1.f7262p-8f, -0x1.0d0c42p-7f, -0x1.16dd6ap-7f, -0x1.1b7e38p-7f, -0x1.1e0716p-7f, -0x1.1f3328p-7f, -0x1.1fca98p-7f, -0x1.1fe9f4p-7f, -0x1.200bap-7f, -0x1.202206p-7f, -0x1.202c78p-7f, -0x1.20309p-7f, -0x1.20332ap-7f, -0x1.2033f8p-7f, -0x1.2021ccp-7f, -0x1.202228p-7f, -0x1.20225ap-7f, -0x1.2081d4p-7f, -0x1.201feap-7f, -0x1.2027b6p-7f, -0x1.20284cp-7f, -0x1.20288cp-7f, -0x1.2028b4p-7f, -0x1.202d06p-7f, -0x1.2028c6p-7f},
  };
  using Correction = Log1pCorrection;
};

// 2^k sigmoid(-u) = high + slope r + r^2 (core0 + core1 r + ...), a column for each;
// relative error: 2^-23.3
struct ShortSigmoidTable {
  static constexpr int size = 6, rows = 32;
  static constexpr bool has_low = false;
  static constexpr float coefficients[size][rows] = {
      {0x1p-1f, 0x1.555556p-1f, 0x1.99999ap-1f, 0x1.c71c7p-1f, 0x1.e1e1ep-1f, 0x1.f07c1ep-1f, 0x1.f81f82p-1f, 0x1.fc07f2p-1f, 0x1.fe02p-1f, 0x1.ff0082p-1f, 0x1.ff8022p-1f, 0x1.ffc00ap-1f, 0x1.ffe004p-1f, 0x1.fff002p-1f, 0x1.fff802p-1f, 0x1.fffc02p-1f, 0x1.fffe02p-1f, 0x1.ffff02p-1f, 0x1.ffff82p-1f, 0x1.ffffc2p-1f, 0x1.ffffe2p-1f, 0x1.fffff2p-1f, 0x1.fffffap-1f, 0x1.fffffep-1f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f},
      {-0x1.fffff4p-3f, -0x1.c71cap-2f, -0x1.47ae22p-1f, -0x1.948afap-1f, -0x1.c5892ep-1f, -0x1.e1708ep-1f, -0x1.f05e0cp-1f, -0x1.f817c2p-1f, -0x1.fc0606p-1f, -0x1.fe0192p-1f, -0x1.ff007ap-1f, -0x1.ff8034p-1f, -0x1.ffc024p-1f, -0x1.ffe02p-1f, -0x1.fff02p-1f, -0x1.fff81ep-1f, -0x1.fffc1ep-1f, -0x1.fffe1ep-1f, -0x1.ffff1ep-1f, -0x1.ffff9ep-1f, -0x1.ffffdep-1f, -0x1.fffffep-1f, -0x1.000008p+0f, -0x1.00000cp+0f, -0x1.00000ep+0f, -0x1.00000ep+0f, -0x1.00000cp+0f, -0x1.00000cp+0f, -0x1.00000cp+0f, -0x1.00000cp+0f, -0x1.00000cp+0f, -0x1.00000cp+0f},
      {-0x1.336ea4p-25f, 0x1.2f62a4p-4f, 0x1.89365cp-3f, 0x1.3aa6e8p-2f, 0x1.902fe4p-2f, 0x1.c443e8p-2f, 0x1.e117eep-2f, 0x1.f0458cp-2f, 0x1.f81024p-2f, 0x1.fc0272p-2f, 0x1.fdff0ap-2f, 0x1.fefe2cp-2f, 0x1.ff7dep-2f, 0x1.ffbep-2f, 0x1.ffdddep-2f, 0x1.ffedd8p-2f, 0x1.fff5d6p-2f, 0x1.fff9d6p-2f, 0x1.fffbd6p-2f, 0x1.fffcd6p-2f, 0x1.fffd56p-2f, 0x1.fffd96p-2f, 0x1.fffda2p-2f, 0x1.fffdb2p-2f, 0x1.fffdbap-2f, 0x1.fffe2p-2f, 0x1.fffe32p-2f, 0x1.fffe44p-2f, 0x1.fffe4cp-2f, 0x1.fffe5p-2f, 0x1.fffe52p-2f, 0x1.fffe54p-2f},
      {0x1.5541cep-6f, 0x1.95247cp-6f, -0x1.16451ap-8f, -0x1.b7ca5ep-5f, -0x1.94096p-4f, -0x1.086a7ep-3f, -0x1.2cd3e6p-3f, -0x1.4086ap-3f, -0x1.4abf06p-3f, -0x1.4ff64cp-3f, -0x1.5296c4p-3f, -0x1.53e928p-3f, -0x1.5492c2p-3f, -0x1.54e754p-3f, -0x1.5511ap-3f, -0x1.55278p-3f, -0x1.553222p-3f, -0x1.55377p-3f, -0x1.553a18p-3f, -0x1.553b6ep-3f, -0x1.553c18p-3f, -0x1.553c6ep-3f, -0x1.553c18p-3f, -0x1.553c2cp-3f, -0x1.553c38p-3f, -0x1.553c8ap-3f, -0x1.553e02p-3f, -0x1.553e1ap-3f, -0x1.553e2ap-3f, -0x1.553e32p-3f, -0x1.553e36p-3f, -0x1.553e3ap-3f},
      {0x1.ec3f52p-21f, -0x1.4c34e2p-7f, -0x1.e0ddeap-7f, -0x1.421a8ap-8f, 0x1.5ff40ap-7f, 0x1.850c74p-6f, 0x1.06acfcp-5f, 0x1.2d49dep-5f, 0x1.41afbap-5f, 0x1.4c40bap-5f, 0x1.5195f8p-5f, 0x1.54455ap-5f, 0x1.55a6bp-5f, 0x1.56455ap-5f, 0x1.56a356p-5f, 0x1.56cf6p-5f, 0x1.56e562p-5f, 0x1.56f016p-5f, 0x1.56f574p-5f, 0x1.56f82ap-5f, 0x1.56f982p-5f, 0x1.56fa3p-5f, 0x1.57043ep-5f, 0x1.570478p-5f, 0x1.57047cp-5f, 0x1.56e7dp-5f, 0x1.56e5dap-5f, 0x1.56e1dep-5f, 0x1.56e03ep-5f, 0x1.56df7p-5f, 0x1.56df08p-5f, 0x1.56dea2p-5f},
      {-0x1.092962p-9f, -0x1.58ff4cp-10f, 0x1.df536cp-9f, 0x1.6bf6ep-8f, 0x1.59e9ecp-9f, -0x1.8b3022p-10f, -0x1.31918ep-8f, -0x1.ac2036p-8f, -0x1.f442dp-8f, -0x1.0c634ap-7f, -0x1.16638ep-7f, -0x1.1b5358p-7f, -0x1.1d96bp-7f, -0x1.1f33c6p-7f, -0x1.1fc5d4p-7f, -0x1.1fe66ep-7f, -0x1.200c54p-7f, -0x1.20220ap-7f, -0x1.202c7cp-7f, -0x1.20309p-7f, -0x1.20332ap-7f, -0x1.2033f8p-7f, -0x1.2021ccp-7f, -0x1.202228p-7f, -0x1.20225ap-7f, -0x1.2081d4p-7f, -0x1.201feap-7f, -0x1.2027b6p-7f, -0x1.20284cp-7f, -0x1.20288cp-7f, -0x1.2028b4p-7f, -0x1.2028c6p-7f},
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
