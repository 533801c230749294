// Written by generate_constants.py, which says where each number comes from. Do not edit.
// clang-format off
#pragma once

namespace fused_softplus::math {

// ln(2) = high + low; k * high is exact for every k that occurs.
template <typename T>
struct Ln2;

template <typename T>
struct Ln2Rest;

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
// Relative error of what it serves: 2^-27.8
template <>
struct Expm1Core<float> {
  static constexpr int size = 5;
  static constexpr float coefficient(int power) {
    constexpr float coefficients[size] = {
        0x1.000006p-1f,
        -0x1.5554d6p-3f,
        0x1.554398p-5f,
        -0x1.11f218p-7f,
        0x1.801172p-10f,
    };
    return coefficients[power];
  }
};

template <>
struct Ln2<float> {
  static constexpr float high = 0x1.62e4p-1f;
  static constexpr float low = 0x1.7f7d1cp-20f;
};

// (log1p(exp(-u)) / exp(-u) - 1) / exp(-u) from 7 octaves on, where AVX2's table ends
// Relative error of what it serves: 2^-33.1
struct Log1pCorrection {
  static constexpr int size = 3;
  static constexpr float coefficient(int power) {
    constexpr float coefficients[size] = {
        -0x1.fffffcp-2f,
        0x1.554cccp-2f,
        -0x1.f687e6p-3f,
    };
    return coefficients[power];
  }
};

// 2^k log1p(exp(-u)) = high + slope r + r^2 (core0 + core1 r + ...) + low, a column for each;
// relative error: 2^-28.3
struct Log1pOctaves {
  static constexpr int size = 8, rows = 32;
  static constexpr bool has_low = true;
  static constexpr float coefficients[size][rows] = {
      {0x1.62e43p-1f, 0x1.cp-1f, 0x1.c8ff7cp-1f, 0x1.e27076p-1f, 0x1.f0a30cp-1f, 0x1.f829bp-1f, 0x1.fc0a8cp-1f, 0x1.fe02a6p-1f, 0x1.ff00aap-1f, 0x1.ff802ap-1f, 0x1.ffc00ap-1f, 0x1.ffe002p-1f, 0x1.fffp-1f, 0x1.fff8p-1f, 0x1.fffcp-1f, 0x1.fffep-1f, 0x1.ffffp-1f, 0x1.ffff8p-1f, 0x1.ffffcp-1f, 0x1.ffffep-1f, 0x1.fffffp-1f, 0x1.fffff8p-1f, 0x1.fffffcp-1f, 0x1.fffffep-1f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f},
      {-0x1p-1f, -0x1.555556p-1f, -0x1.99999ap-1f, -0x1.c71c72p-1f, -0x1.e1e1e2p-1f, -0x1.f07c1ep-1f, -0x1.f81f82p-1f, -0x1.fc07fp-1f, -0x1.fe01fep-1f, -0x1.ff008p-1f, -0x1.ff802p-1f, -0x1.ffc008p-1f, -0x1.ffe002p-1f, -0x1.fff002p-1f, -0x1.fff8p-1f, -0x1.fffcp-1f, -0x1.fffep-1f, -0x1.ffffp-1f, -0x1.ffff8p-1f, -0x1.ffffcp-1f, -0x1.ffffep-1f, -0x1.fffffp-1f, -0x1.fffff8p-1f, -0x1.fffffcp-1f, -0x1.fffffep-1f, -0x1p+0f, -0x1p+0f, -0x1p+0f, -0x1p+0f, -0x1p+0f, -0x1p+0f, -0x1p+0f},
      {0x1.fffffep-4f, 0x1.c71c98p-3f, 0x1.47ae1ap-2f, 0x1.948bp-2f, 0x1.c58938p-2f, 0x1.e17096p-2f, 0x1.f05e0cp-2f, 0x1.f817ccp-2f, 0x1.fc0608p-2f, 0x1.fe0192p-2f, 0x1.ff0074p-2f, 0x1.ff802cp-2f, 0x1.ffc01ap-2f, 0x1.ffe01p-2f, 0x1.fff016p-2f, 0x1.fff816p-2f, 0x1.fffc16p-2f, 0x1.fffe16p-2f, 0x1.ffff16p-2f, 0x1.ffff96p-2f, 0x1.ffffd6p-2f, 0x1.fffff6p-2f, 0x1.000002p-1f, 0x1.000006p-1f, 0x1.000008p-1f, 0x1.000008p-1f, 0x1.00000ap-1f, 0x1.00000ap-1f, 0x1.00000ap-1f, 0x1.00000ap-1f, 0x1.00000ap-1f, 0x1.00000ap-1f},
      {0x1.c350eep-23f, -0x1.948582p-6f, -0x1.06245p-4f, -0x1.a38762p-4f, -0x1.0ac9a6p-3f, -0x1.2d82dcp-3f, -0x1.40bab2p-3f, -0x1.4ad9d2p-3f, -0x1.500b8cp-3f, -0x1.52ad2p-3f, -0x1.540048p-3f, -0x1.54aa5ep-3f, -0x1.54ff8ep-3f, -0x1.55295ap-3f, -0x1.553f96p-3f, -0x1.554a36p-3f, -0x1.554f88p-3f, -0x1.555232p-3f, -0x1.555388p-3f, -0x1.555432p-3f, -0x1.555488p-3f, -0x1.5554b2p-3f, -0x1.5554c2p-3f, -0x1.5554ccp-3f, -0x1.5554d2p-3f, -0x1.555468p-3f, -0x1.55549ep-3f, -0x1.5554bap-3f, -0x1.5554c8p-3f, -0x1.5554dp-3f, -0x1.5554d2p-3f, -0x1.5554d6p-3f},
      {-0x1.557994p-8f, -0x1.95167ap-8f, 0x1.16cf24p-10f, 0x1.b7c186p-7f, 0x1.94019ep-6f, 0x1.08631ep-5f, 0x1.2cd3ep-5f, 0x1.408246p-5f, 0x1.4abe84p-5f, 0x1.4ff662p-5f, 0x1.5298fap-5f, 0x1.53ec6ap-5f, 0x1.549684p-5f, 0x1.54f1acp-5f, 0x1.551544p-5f, 0x1.552a78p-5f, 0x1.55351ap-5f, 0x1.553a6cp-5f, 0x1.553d16p-5f, 0x1.553e6ap-5f, 0x1.553f14p-5f, 0x1.553f6ap-5f, 0x1.5540bap-5f, 0x1.5540dp-5f, 0x1.5540dap-5f, 0x1.554282p-5f, 0x1.554084p-5f, 0x1.5540b8p-5f, 0x1.5540dp-5f, 0x1.5540dap-5f, 0x1.5540ep-5f, 0x1.5540e4p-5f},
      {0x1.4cb8dcp-17f, 0x1.0a526cp-9f, 0x1.80ce06p-9f, 0x1.fcb8bcp-11f, -0x1.1b4e1p-9f, -0x1.36dceap-8f, -0x1.a4306p-8f, -0x1.e161eap-8f, -0x1.00ffbcp-7f, -0x1.096e58p-7f, -0x1.0da622p-7f, -0x1.0fcb7ep-7f, -0x1.10dea8p-7f, -0x1.11d0ccp-7f, -0x1.11a438p-7f, -0x1.11cae4p-7f, -0x1.11dd3cp-7f, -0x1.11e62ap-7f, -0x1.11ea92p-7f, -0x1.11ecc2p-7f, -0x1.11eddap-7f, -0x1.11ee66p-7f, -0x1.11f276p-7f, -0x1.11f298p-7f, -0x1.11f2aap-7f, -0x1.121f28p-7f, -0x1.1209acp-7f, -0x1.11fe8p-7f, -0x1.11f8b2p-7f, -0x1.11f5bap-7f, -0x1.11f43cp-7f, -0x1.11f2bap-7f},
      {0x1.58edb4p-12f, 0x1.cde0fp-13f, -0x1.437c6ep-11f, -0x1.e8b8a6p-11f, -0x1.d1a98ep-12f, 0x1.215bfcp-12f, 0x1.981f26p-11f, 0x1.2167a2p-10f, 0x1.4fd182p-10f, 0x1.6818bep-10f, 0x1.74e8a8p-10f, 0x1.7afa9p-10f, 0x1.7e151p-10f, 0x1.78e678p-10f, 0x1.812e0ap-10f, 0x1.818322p-10f, 0x1.81b15p-10f, 0x1.81c928p-10f, 0x1.81d542p-10f, 0x1.81db5ap-10f, 0x1.81de6ap-10f, 0x1.81dff2p-10f, 0x1.81302p-10f, 0x1.813084p-10f, 0x1.8130b6p-10f, 0x1.7f372ep-10f, 0x1.80cb1ap-10f, 0x1.80f948p-10f, 0x1.8113d4p-10f, 0x1.81220ap-10f, 0x1.812964p-10f, 0x1.8130e8p-10f},
      {-0x1.05a644p-29f, -0x1.066e0ap-4f, 0x1.d7943p-27f, 0x1.e9b034p-26f, 0x1.5cd2a8p-29f, 0x1.d2ec8ep-26f, -0x1.e53f82p-26f, 0x1.4af9acp-26f, 0x1.baffb4p-29f, 0x1.1641d8p-26f, 0x1.2b9d4cp-26f, 0x1.2d5978p-26f, 0x1.2d1118p-26f, 0x1.16229cp-28f, -0x1.53e42ep-30f, -0x1.1fa074p-29f, -0x1.3d09e2p-29f, -0x1.4476fep-29f, -0x1.465cd8p-29f, -0x1.46dbaap-29f, -0x1.46fe0ep-29f, -0x1.4708p-29f, -0x1.470b28p-29f, -0x1.470c48p-29f, -0x1.1470ccp-25f, -0x1.1663bp-26f, -0x1.3e3f62p-27f, -0x1.91c0ccp-28f, -0x1.1b197p-28f, -0x1.bedc98p-29f, -0x1.83043ap-29f, -0x1.470d1ap-29f},
  };
  using Correction = Log1pCorrection;
};

// 2^k sigmoid(-u) = high + slope r + r^2 (core0 + core1 r + ...) + low, a column for each;
// relative error: 2^-27.6
struct SigmoidOctaves {
  static constexpr int size = 8, rows = 32;
  static constexpr bool has_low = true;
  static constexpr float coefficients[size][rows] = {
      {0x1p-1f, 0x1.555554p-1f, 0x1.999998p-1f, 0x1.c71c7p-1f, 0x1.e1e1ep-1f, 0x1.f07cp-1f, 0x1.f81f8p-1f, 0x1.fc08p-1f, 0x1.fe02p-1f, 0x1.ffp-1f, 0x1.ff8p-1f, 0x1.ffcp-1f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f},
      {-0x1p-2f, -0x1.c71c72p-2f, -0x1.47ae16p-1f, -0x1.948b1p-1f, -0x1.c5894cp-1f, -0x1.e1709ap-1f, -0x1.f05e0ap-1f, -0x1.f817cp-1f, -0x1.fc05f8p-1f, -0x1.fe018p-1f, -0x1.ff006p-1f, -0x1.ff8018p-1f, -0x1.ffc006p-1f, -0x1.ffe002p-1f, -0x1.fff002p-1f, -0x1.fff8p-1f, -0x1.fffcp-1f, -0x1.fffep-1f, -0x1.ffffp-1f, -0x1.ffff8p-1f, -0x1.ffffcp-1f, -0x1.ffffep-1f, -0x1.fffffp-1f, -0x1.fffff8p-1f, -0x1.fffffcp-1f, -0x1.fffffep-1f, -0x1p+0f, -0x1p+0f, -0x1p+0f, -0x1p+0f, -0x1p+0f, -0x1p+0f},
      {0x1.1c8f06p-25f, 0x1.2f684cp-4f, 0x1.8937a6p-3f, 0x1.3aa514p-2f, 0x1.902dbcp-2f, 0x1.c442ep-2f, 0x1.e11824p-2f, 0x1.f04706p-2f, 0x1.f811eap-2f, 0x1.fc0486p-2f, 0x1.fe0132p-2f, 0x1.ff005cp-2f, 0x1.ff8026p-2f, 0x1.ffc01ap-2f, 0x1.ffe01p-2f, 0x1.fff016p-2f, 0x1.fff816p-2f, 0x1.fffc16p-2f, 0x1.fffe16p-2f, 0x1.ffff16p-2f, 0x1.ffff96p-2f, 0x1.ffffd6p-2f, 0x1.fffff6p-2f, 0x1.000002p-1f, 0x1.000006p-1f, 0x1.000008p-1f, 0x1.000008p-1f, 0x1.00000ap-1f, 0x1.00000ap-1f, 0x1.00000ap-1f, 0x1.00000ap-1f, 0x1.00000ap-1f},
      {0x1.5550f8p-6f, 0x1.948c8ap-6f, -0x1.176ba4p-8f, -0x1.b7805ep-5f, -0x1.93d9ap-4f, -0x1.085ffp-3f, -0x1.2cd622p-3f, -0x1.408db6p-3f, -0x1.4ace16p-3f, -0x1.500828p-3f, -0x1.52ac6cp-3f, -0x1.540018p-3f, -0x1.54aa54p-3f, -0x1.54ff58p-3f, -0x1.552934p-3f, -0x1.553f92p-3f, -0x1.554a36p-3f, -0x1.554f88p-3f, -0x1.555232p-3f, -0x1.555388p-3f, -0x1.555432p-3f, -0x1.555488p-3f, -0x1.5554b2p-3f, -0x1.5554c2p-3f, -0x1.5554ccp-3f, -0x1.5554d2p-3f, -0x1.555468p-3f, -0x1.55549ep-3f, -0x1.5554bap-3f, -0x1.5554c8p-3f, -0x1.5554dp-3f, -0x1.5554d6p-3f},
      {0x1.a3571ap-17f, -0x1.511b5cp-7f, -0x1.e308d6p-7f, -0x1.36fe28p-8f, 0x1.66a424p-7f, 0x1.869c5ap-6f, 0x1.067b0ap-5f, 0x1.2c4d2p-5f, 0x1.4060a6p-5f, 0x1.4ab9c2p-5f, 0x1.4ff468p-5f, 0x1.529872p-5f, 0x1.53ec48p-5f, 0x1.5495ccp-5f, 0x1.54f268p-5f, 0x1.55153cp-5f, 0x1.552a76p-5f, 0x1.553518p-5f, 0x1.553a6cp-5f, 0x1.553d16p-5f, 0x1.553e6ap-5f, 0x1.553f14p-5f, 0x1.553f6ap-5f, 0x1.5540bap-5f, 0x1.5540dp-5f, 0x1.5540dap-5f, 0x1.554282p-5f, 0x1.554084p-5f, 0x1.5540b8p-5f, 0x1.5540dp-5f, 0x1.5540dap-5f, 0x1.5540e4p-5f},
      {-0x1.1a6f02p-9f, -0x1.fbdb3cp-11f, 0x1.f4cbd4p-9f, 0x1.55b4bp-8f, 0x1.218e42p-9f, -0x1.bec54cp-10f, -0x1.2e978cp-8f, -0x1.a14152p-8f, -0x1.e0c89ep-8f, -0x1.01195ep-7f, -0x1.0964aap-7f, -0x1.0da434p-7f, -0x1.0fcb0cp-7f, -0x1.10f49p-7f, -0x1.11ed6ap-7f, -0x1.11a586p-7f, -0x1.11cb34p-7f, -0x1.11dd52p-7f, -0x1.11e63p-7f, -0x1.11ea94p-7f, -0x1.11ecc2p-7f, -0x1.11eddap-7f, -0x1.11ee66p-7f, -0x1.11f276p-7f, -0x1.11f298p-7f, -0x1.11f2aap-7f, -0x1.121f28p-7f, -0x1.1209acp-7f, -0x1.11fe8p-7f, -0x1.11f8b2p-7f, -0x1.11f5bap-7f, -0x1.11f2bap-7f},
      {0x1.9bffaep-13f, 0x1.226d5ep-10f, 0x1.0361d4p-11f, -0x1.33771ap-10f, -0x1.77545ep-10f, -0x1.5eb27p-11f, 0x1.69c154p-13f, 0x1.91ff2ap-11f, 0x1.1f3df8p-10f, 0x1.4c188ep-10f, 0x1.67f7fap-10f, 0x1.74e342p-10f, 0x1.7af948p-10f, 0x1.7de37p-10f, 0x1.771dap-10f, 0x1.81297cp-10f, 0x1.81824p-10f, 0x1.81b102p-10f, 0x1.81c91cp-10f, 0x1.81d544p-10f, 0x1.81db5cp-10f, 0x1.81de6ap-10f, 0x1.81dff2p-10f, 0x1.81302p-10f, 0x1.813084p-10f, 0x1.8130b6p-10f, 0x1.7f372ep-10f, 0x1.80cb1ap-10f, 0x1.80f948p-10f, 0x1.8113d4p-10f, 0x1.81220ap-10f, 0x1.8130e8p-10f},
      {-0x1.a4eb2p-38f, 0x1.547338p-25f, 0x1.7e9fbcp-25f, 0x1.c233b6p-25f, 0x1.f3e128p-25f, 0x1.f215p-21f, 0x1.02909p-24f, -0x1.fc663ep-22f, -0x1.045f16p-24f, 0x1.fee98ap-19f, 0x1.fe744cp-21f, 0x1.fb010ap-23f, -0x1.ffe13ep-13f, -0x1.fff1e8p-14f, -0x1.fffap-15f, -0x1.000344p-15f, -0x1.00094ap-16f, -0x1.0013f8p-17f, -0x1.0028a2p-18f, -0x1.0051ap-19f, -0x1.00a372p-20f, -0x1.0147p-21f, -0x1.028e12p-22f, -0x1.051c2ep-23f, -0x1.0a3862p-24f, -0x1.1470ccp-25f, -0x1.1663bp-26f, -0x1.3e3f62p-27f, -0x1.91c0ccp-28f, -0x1.1b197p-28f, -0x1.bedc98p-29f, -0x1.470d1ap-29f},
  };
};

// 2^k log1p(exp(-u)) = high + slope r + r^2 (core0 + core1 r + ...), a column for each;
// relative error: 2^-23.3
struct ShortLog1pOctaves {
  static constexpr int size = 6, rows = 32;
  static constexpr bool has_low = false;
  static constexpr float coefficients[size][rows] = {
      {0x1.62e43p-1f, 0x1.9f323ep-1f, 0x1.c8ff7cp-1f, 0x1.e27076p-1f, 0x1.f0a30cp-1f, 0x1.f829b2p-1f, 0x1.fc0a8cp-1f, 0x1.fe02a8p-1f, 0x1.ff00acp-1f, 0x1.ff802cp-1f, 0x1.ffc00cp-1f, 0x1.ffe004p-1f, 0x1.fff002p-1f, 0x1.fff802p-1f, 0x1.fffc02p-1f, 0x1.fffe02p-1f, 0x1.ffff02p-1f, 0x1.ffff82p-1f, 0x1.ffffc2p-1f, 0x1.ffffe2p-1f, 0x1.fffff2p-1f, 0x1.fffffap-1f, 0x1.fffffep-1f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f},
      {-0x1.fffffep-2f, -0x1.55555cp-1f, -0x1.99998cp-1f, -0x1.c71c5ep-1f, -0x1.e1e1d8p-1f, -0x1.f07c24p-1f, -0x1.f81f92p-1f, -0x1.fc0808p-1f, -0x1.fe021ap-1f, -0x1.ff009ep-1f, -0x1.ff803ep-1f, -0x1.ffc028p-1f, -0x1.ffe022p-1f, -0x1.fff02p-1f, -0x1.fff82p-1f, -0x1.fffc2p-1f, -0x1.fffe2p-1f, -0x1.ffff2p-1f, -0x1.ffffap-1f, -0x1.ffffep-1f, -0x1p+0f, -0x1.000008p+0f, -0x1.00000cp+0f, -0x1.00000ep+0f, -0x1.00000ep+0f, -0x1.00001p+0f, -0x1.00001p+0f, -0x1.00001p+0f, -0x1.00001p+0f, -0x1.00001p+0f, -0x1.00001p+0f, -0x1.00001p+0f},
      {0x1.fffc1cp-4f, 0x1.c71d0ep-3f, 0x1.47aedep-2f, 0x1.948c4ep-2f, 0x1.c589acp-2f, 0x1.e16faep-2f, 0x1.f05ce2p-2f, 0x1.f8163p-2f, 0x1.fc03f4p-2f, 0x1.fdffacp-2f, 0x1.fefe7ap-2f, 0x1.ff7e3cp-2f, 0x1.ffbe24p-2f, 0x1.ffdde6p-2f, 0x1.ffedd6p-2f, 0x1.fff5ccp-2f, 0x1.fff9c8p-2f, 0x1.fffbc8p-2f, 0x1.fffcc8p-2f, 0x1.fffd48p-2f, 0x1.fffd88p-2f, 0x1.fffda8p-2f, 0x1.fffdb8p-2f, 0x1.fffdcp-2f, 0x1.fffe24p-2f, 0x1.fffe7ap-2f, 0x1.fffe92p-2f, 0x1.fffe9cp-2f, 0x1.fffea2p-2f, 0x1.fffea6p-2f, 0x1.fffea8p-2f, 0x1.fffea8p-2f},
      {0x1.bdf18p-15f, -0x1.94635ep-6f, -0x1.063956p-4f, -0x1.a3a706p-4f, -0x1.0ad172p-3f, -0x1.2d7eb8p-3f, -0x1.40adf4p-3f, -0x1.4ac74p-3f, -0x1.4ff62ep-3f, -0x1.52960ap-3f, -0x1.53e894p-3f, -0x1.5491e6p-3f, -0x1.54e6ecp-3f, -0x1.5511acp-3f, -0x1.5526ecp-3f, -0x1.5531a4p-3f, -0x1.5536fep-3f, -0x1.5539a8p-3f, -0x1.553afcp-3f, -0x1.553ba6p-3f, -0x1.553bfcp-3f, -0x1.553c26p-3f, -0x1.553c3cp-3f, -0x1.553c46p-3f, -0x1.553c96p-3f, -0x1.553bcap-3f, -0x1.553becp-3f, -0x1.553bf2p-3f, -0x1.553bfcp-3f, -0x1.553c08p-3f, -0x1.553c0cp-3f, -0x1.553c04p-3f},
      {-0x1.679b4ep-8f, -0x1.945018p-8f, 0x1.0115a2p-10f, 0x1.b381f2p-7f, 0x1.93169p-6f, 0x1.08e094p-5f, 0x1.2dbd3p-5f, 0x1.41c92ep-5f, 0x1.4c4dd4p-5f, 0x1.51864ap-5f, 0x1.543836p-5f, 0x1.558ceap-5f, 0x1.563aeep-5f, 0x1.56a08cp-5f, 0x1.56d00ap-5f, 0x1.56e916p-5f, 0x1.56f552p-5f, 0x1.56faaep-5f, 0x1.56fd5ep-5f, 0x1.56feb6p-5f, 0x1.56ff62p-5f, 0x1.56ffbap-5f, 0x1.56ffe4p-5f, 0x1.56fffap-5f, 0x1.56e638p-5f, 0x1.56cea6p-5f, 0x1.56c8c8p-5f, 0x1.56c65ap-5f, 0x1.56c4e4p-5f, 0x1.56c3f6p-5f, 0x1.56c37p-5f, 0x1.56c36ep-5f},
      {0x1.2ec342p-11f, 0x1.fd9576p-10f, 0x1.99b78ap-9f, 0x1.493236p-10f, -0x1.087ep-9f, -0x1.3ab0c8p-8f, -0x1.b344b4p-8f, -0x1.f733ecp-8f, -0x1.0d3cb8p-7f, -0x1.17114cp-7f, -0x1.1bb88p-7f, -0x1.1e4266p-7f, -0x1.1f72c8p-7f, -0x1.1fcd2cp-7f, -0x1.2009a8p-7f, -0x1.20185ep-7f, -0x1.202132p-7f, -0x1.202b5ep-7f, -0x1.203058p-7f, -0x1.2032cep-7f, -0x1.203408p-7f, -0x1.2034a4p-7f, -0x1.2034f2p-7f, -0x1.20351ap-7f, -0x1.2082cp-7f, -0x1.210124p-7f, -0x1.210a9ep-7f, -0x1.211314p-7f, -0x1.211542p-7f, -0x1.21124ep-7f, -0x1.211348p-7f, -0x1.21177cp-7f},
  };
  using Correction = Log1pCorrection;
};

// 2^k sigmoid(-u) = high + slope r + r^2 (core0 + core1 r + ...), a column for each;
// relative error: 2^-23.3
struct ShortSigmoidOctaves {
  static constexpr int size = 6, rows = 32;
  static constexpr bool has_low = false;
  static constexpr float coefficients[size][rows] = {
      {0x1p-1f, 0x1.555556p-1f, 0x1.99999ap-1f, 0x1.c71c7p-1f, 0x1.e1e1ep-1f, 0x1.f07c1ep-1f, 0x1.f81f82p-1f, 0x1.fc07f2p-1f, 0x1.fe02p-1f, 0x1.ff0082p-1f, 0x1.ff8022p-1f, 0x1.ffc00ap-1f, 0x1.ffe004p-1f, 0x1.fff002p-1f, 0x1.fff802p-1f, 0x1.fffc02p-1f, 0x1.fffe02p-1f, 0x1.ffff02p-1f, 0x1.ffff82p-1f, 0x1.ffffc2p-1f, 0x1.ffffe2p-1f, 0x1.fffff2p-1f, 0x1.fffffap-1f, 0x1.fffffep-1f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f},
      {-0x1.fffffep-3f, -0x1.c71ca6p-2f, -0x1.47ae22p-1f, -0x1.948af8p-1f, -0x1.c5892cp-1f, -0x1.e1708ap-1f, -0x1.f05e0cp-1f, -0x1.f817dp-1f, -0x1.fc061p-1f, -0x1.fe019ap-1f, -0x1.ff007ep-1f, -0x1.ff8036p-1f, -0x1.ffc026p-1f, -0x1.ffe02p-1f, -0x1.fff02p-1f, -0x1.fff82p-1f, -0x1.fffc2p-1f, -0x1.fffe2p-1f, -0x1.ffff2p-1f, -0x1.ffffap-1f, -0x1.ffffep-1f, -0x1p+0f, -0x1.000008p+0f, -0x1.00000cp+0f, -0x1.00000ep+0f, -0x1.00000ep+0f, -0x1.00001p+0f, -0x1.00001p+0f, -0x1.00001p+0f, -0x1.00001p+0f, -0x1.00001p+0f, -0x1.00001p+0f},
      {-0x1.570d6p-21f, 0x1.2f6326p-4f, 0x1.89365cp-3f, 0x1.3aa70ap-2f, 0x1.902feep-2f, 0x1.c44412p-2f, 0x1.e117eep-2f, 0x1.f04528p-2f, 0x1.f80fc4p-2f, 0x1.fc0228p-2f, 0x1.fdfeeap-2f, 0x1.fefe0ep-2f, 0x1.ff7ddap-2f, 0x1.ffbe02p-2f, 0x1.ffdde2p-2f, 0x1.ffedd4p-2f, 0x1.fff5cap-2f, 0x1.fff9c8p-2f, 0x1.fffbc8p-2f, 0x1.fffcc8p-2f, 0x1.fffd48p-2f, 0x1.fffd88p-2f, 0x1.fffda8p-2f, 0x1.fffdb8p-2f, 0x1.fffdcp-2f, 0x1.fffe24p-2f, 0x1.fffe7ap-2f, 0x1.fffe92p-2f, 0x1.fffe9cp-2f, 0x1.fffea2p-2f, 0x1.fffea6p-2f, 0x1.fffea8p-2f},
      {0x1.557a1cp-6f, 0x1.952b12p-6f, -0x1.1645aep-8f, -0x1.b7ca76p-5f, -0x1.940aa4p-4f, -0x1.086b6ap-3f, -0x1.2cd3e6p-3f, -0x1.40826cp-3f, -0x1.4abc84p-3f, -0x1.4ff46p-3f, -0x1.5295a4p-3f, -0x1.53e90ep-3f, -0x1.5491ep-3f, -0x1.54e748p-3f, -0x1.5511ap-3f, -0x1.5526eep-3f, -0x1.5531a8p-3f, -0x1.5536fep-3f, -0x1.5539a8p-3f, -0x1.553afcp-3f, -0x1.553ba6p-3f, -0x1.553bfcp-3f, -0x1.553c26p-3f, -0x1.553c3cp-3f, -0x1.553c46p-3f, -0x1.553c96p-3f, -0x1.553bcap-3f, -0x1.553becp-3f, -0x1.553bf2p-3f, -0x1.553bfcp-3f, -0x1.553c08p-3f, -0x1.553c04p-3f},
      {-0x1.a44ad2p-15f, -0x1.4c5fb8p-7f, -0x1.e0de34p-7f, -0x1.428e38p-8f, 0x1.5fe04ap-7f, 0x1.84e3ap-6f, 0x1.06aceep-5f, 0x1.2d78a6p-5f, 0x1.41dc86p-5f, 0x1.4c64a6p-5f, 0x1.51a61p-5f, 0x1.5451a6p-5f, 0x1.55a9aap-5f, 0x1.564408p-5f, 0x1.56a16ap-5f, 0x1.56d0aep-5f, 0x1.56e9d4p-5f, 0x1.56f55p-5f, 0x1.56faaep-5f, 0x1.56fd5ep-5f, 0x1.56feb6p-5f, 0x1.56ff62p-5f, 0x1.56ffbap-5f, 0x1.56ffe4p-5f, 0x1.56fffap-5f, 0x1.56e638p-5f, 0x1.56cea6p-5f, 0x1.56c8c8p-5f, 0x1.56c65ap-5f, 0x1.56c4e4p-5f, 0x1.56c3f6p-5f, 0x1.56c36ep-5f},
      {-0x1.029e86p-9f, -0x1.5bdd28p-10f, 0x1.df5b94p-9f, 0x1.6b34acp-8f, 0x1.5a31a8p-9f, -0x1.8ce116p-10f, -0x1.3191bp-8f, -0x1.acad6ap-8f, -0x1.f3c0acp-8f, -0x1.0c1896p-7f, -0x1.165aacp-7f, -0x1.1b080ap-7f, -0x1.1dd936p-7f, -0x1.1f3f7p-7f, -0x1.1fce14p-7f, -0x1.2005cp-7f, -0x1.2012c6p-7f, -0x1.202158p-7f, -0x1.202b68p-7f, -0x1.20305ap-7f, -0x1.2032dp-7f, -0x1.203408p-7f, -0x1.2034a4p-7f, -0x1.2034f2p-7f, -0x1.20351ap-7f, -0x1.2082cp-7f, -0x1.210124p-7f, -0x1.210a9ep-7f, -0x1.211314p-7f, -0x1.211542p-7f, -0x1.21124ep-7f, -0x1.21177cp-7f},
  };
};

// (exp(-r) - 1 + r) / r^2, for exp(-r)
// Relative error of what it serves: 2^-58.7
template <>
struct Expm1Core<double> {
  static constexpr int size = 11;
  static constexpr double coefficient(int power) {
    constexpr double coefficients[size] = {
        0x1p-1,
        -0x1.5555555555553p-3,
        0x1.55555555556d2p-5,
        -0x1.1111111111dccp-7,
        0x1.6c16c16b82575p-10,
        -0x1.a01a019c1b8a1p-13,
        0x1.a01a04d8baa7bp-16,
        -0x1.71de37fda1bcep-19,
        0x1.27dca938baf3dp-22,
        -0x1.aed093bb0fbe7p-26,
        0x1.2f629780c1002p-29,
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
// Relative error of what it serves: 2^-57.7
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
struct Log1pRows<double> {
  // k = 0; error of log: 2^-66.6
  static constexpr Row<double> row0{0x1.ffffff8e28p-2, -0x1.c76p-27, 0x1.62e430617b9fp-1};
  // k = 1; error of log: 2^-69.3
  static constexpr Row<double> row1{0x1.5555556315555p-2, 0x1.49ffff8p-29, 0x1.9f323ea2b984dp-2};
  // k = 2; error of log: 2^-69.6
  static constexpr Row<double> row2{0x1.99999905d999ap-3, -0x1.715ffffp-26, 0x1.c8ff7f5c69a28p-3};
};

// (2 atanh(s) - 2 s) / s^3 in s^2, for the logarithm
// Relative error of what it serves: 2^-57.4
template <>
struct AtanhCore<double> {
  static constexpr int size = 7;
  static constexpr double coefficient(int power) {
    constexpr double coefficients[size] = {
        0x1.55555555554c4p-1,
        0x1.99999999bca11p-2,
        0x1.249249116bc73p-2,
        0x1.c71c76109b03p-3,
        0x1.745f6e7eafd03p-3,
        0x1.3a44e4828a2bbp-3,
        0x1.2907d2ab8c748p-3,
    };
    return coefficients[power];
  }
};

// ln(2) - high - low, which counts where nothing else is left
template <>
struct Ln2Rest<double> {
  static constexpr double value = 0x1.f97b57a079a19p-103;
};

}  // namespace fused_softplus::math
