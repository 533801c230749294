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

// The last row of log1p(exp(-u)) and sigmoid(-u), and just below its end
struct TableEnd {
  static constexpr int last = 31;
  static constexpr float u = 0x1.5d5848p+4f;
};

// log1p(exp(-u)) = value + slope r + c2 r^2 + ... with r = u - centre: a column for
// -centre, value, slope and each of the other coefficients
template <int degree>
struct Log1pTable;

// Relative error: 2^-17.5
template <>
struct Log1pTable<4> {
  static constexpr int size = 6, rows = 32;
  alignas(64) static constexpr float coefficients[size][rows] = {
      {-0x1.f98p-4f, -0x1.5df6ep-1f, -0x1.60cd28p+0f, -0x1.0c7c4p+1f, -0x1.62552p+1f, -0x1.be2968p+1f, -0x1.0a8824p+2f, -0x1.36aa4ep+2f, -0x1.6356a2p+2f, -0x1.8f8e98p+2f, -0x1.bc4abep+2f, -0x1.e855p+2f, -0x1.0a560cp+3f, -0x1.209d68p+3f, -0x1.36afa4p+3f, -0x1.4d47c8p+3f, -0x1.63679cp+3f, -0x1.7951dp+3f, -0x1.8fbe1cp+3f, -0x1.a567bp+3f, -0x1.bba674p+3f, -0x1.d1dd5p+3f, -0x1.e80114p+3f, -0x1.fe3a84p+3f, -0x1.0a7bb8p+4f, -0x1.155cccp+4f, -0x1.2090ap+4f, -0x1.2bbc62p+4f, -0x1.36cd3ep+4f, -0x1.41e316p+4f, -0x1.4cf826p+4f, -0x1.580b6p+4f},
      {0x1.444592p-1f, 0x1.a27dd2p-2f, 0x1.cc5a56p-3f, 0x1.da4484p-4f, 0x1.f2bebep-5f, 0x1.ee605p-6f, 0x1.f93008p-7f, 0x1.fceff6p-8f, 0x1.fb73d4p-9f, 0x1.fd13cap-10f, 0x1.fa5ca4p-11f, 0x1.fd0874p-12f, 0x1.fd4376p-13f, 0x1.fbbc92p-14f, 0x1.fd7df8p-15f, 0x1.f6f508p-16f, 0x1.f7d90ep-17f, 0x1.fc0d9ap-18f, 0x1.f838a8p-19f, 0x1.003a3ep-19f, 0x1.ff6c84p-21f, 0x1.fee336p-22f, 0x1.ff8ae8p-23f, 0x1.fed862p-24f, 0x1.f606bp-25f, 0x1.fcb1ecp-26f, 0x1.f924bap-27f, 0x1.f69b24p-28f, 0x1.f7604cp-29f, 0x1.f788ccp-30f, 0x1.f7c9e8p-31f, 0x1.f844e6p-32f},
      {-0x1.e0724p-2f, -0x1.5786dp-2f, -0x1.9c481ep-3f, -0x1.bfd714p-4f, -0x1.e3ddc4p-5f, -0x1.e6fdfp-6f, -0x1.f55034p-7f, -0x1.faf76p-8f, -0x1.fa78aep-9f, -0x1.fc9554p-10f, -0x1.fa1e1p-11f, -0x1.fce8d4p-12f, -0x1.fd33a2p-13f, -0x1.fbb4b4p-14f, -0x1.fd7a02p-15f, -0x1.f6f31ap-16f, -0x1.f7d816p-17f, -0x1.fc0d1cp-18f, -0x1.f8386ap-19f, -0x1.003a2ep-19f, -0x1.ff6c74p-21f, -0x1.fee32ep-22f, -0x1.ff8ae4p-23f, -0x1.fed86p-24f, -0x1.f606bp-25f, -0x1.fcb1ecp-26f, -0x1.f924bap-27f, -0x1.f69b24p-28f, -0x1.f7604cp-29f, -0x1.f788ccp-30f, -0x1.f7c9e8p-31f, -0x1.f844e6p-32f},
      {0x1.fe0ce6p-4f, 0x1.c8861p-4f, 0x1.494352p-4f, 0x1.8ee15ep-5f, 0x1.c74edcp-6f, 0x1.d8852cp-7f, 0x1.edacb8p-8f, 0x1.f71646p-9f, 0x1.f88c12p-10f, 0x1.fba2c6p-11f, 0x1.f9a748p-12f, 0x1.fcb34ap-13f, 0x1.fd1decp-14f, 0x1.fbacdep-15f, 0x1.fd7c48p-16f, 0x1.f6f0bcp-17f, 0x1.f7d8d6p-18f, 0x1.fc146cp-19f, 0x1.f83b1cp-20f, 0x1.004118p-20f, 0x1.ff790ep-22f, 0x1.feef24p-23f, 0x1.ff97bep-24f, 0x1.fee454p-25f, 0x1.f606eap-26f, 0x1.fcbb0ep-27f, 0x1.f92922p-28f, 0x1.f69c26p-29f, 0x1.f76258p-30f, 0x1.f78b0ep-31f, 0x1.f7cc8p-32f, 0x1.f84824p-33f},
      {-0x1.4f1472p-9f, -0x1.8d350ep-7f, -0x1.050766p-6f, -0x1.9f285ap-7f, -0x1.0c1ffep-7f, -0x1.294bfep-8f, -0x1.4065e4p-9f, -0x1.4bbe6ep-10f, -0x1.4f6b48p-11f, -0x1.52d0a2p-12f, -0x1.52305cp-13f, -0x1.548d02p-14f, -0x1.54ffdp-15f, -0x1.5420d8p-16f, -0x1.555f86p-17f, -0x1.5108c8p-18f, -0x1.51a6bp-19f, -0x1.547a38p-20f, -0x1.51ea58p-21f, -0x1.576ab8p-22f, -0x1.56bb8ep-23f, -0x1.566056p-24f, -0x1.56cffep-25f, -0x1.56593ep-26f, -0x1.507168p-27f, -0x1.54ea3ap-28f, -0x1.5289e6p-29f, -0x1.50d58p-30f, -0x1.515a2p-31f, -0x1.51755cp-32f, -0x1.51a11cp-33f, -0x1.51f3bcp-34f},
      {-0x1.4a576p-8f, -0x1.8a3f52p-9f, 0x1.2d7b8p-12f, 0x1.b49622p-10f, 0x1.901c54p-10f, 0x1.05ce4ep-10f, 0x1.29f308p-11f, 0x1.3d8372p-12f, 0x1.47a986p-13f, 0x1.4cdc22p-14f, 0x1.4f75eep-15f, 0x1.50caa4p-16f, 0x1.51740ep-17f, 0x1.51c5bcp-18f, 0x1.51f3b2p-19f, 0x1.5200dep-20f, 0x1.520b84p-21f, 0x1.52151cp-22f, 0x1.5213d6p-23f, 0x1.5223dap-24f, 0x1.5221dap-25f, 0x1.5220bcp-26f, 0x1.52228ep-27f, 0x1.5220e2p-28f, 0x1.521574p-29f, 0x1.521bd6p-30f, 0x1.52176ap-31f, 0x1.521602p-32f, 0x1.5215eep-33f, 0x1.52161ep-34f, 0x1.521694p-35f, 0x1.521692p-36f},
  };
};

// Relative error: 2^-28.2
template <>
struct Log1pTable<6> {
  static constexpr int size = 8, rows = 32;
  alignas(64) static constexpr float coefficients[size][rows] = {
      {-0x1.f98p-4f, -0x1.32603p-1f, -0x1.60cd28p+0f, -0x1.0c7c4p+1f, -0x1.62552p+1f, -0x1.be2968p+1f, -0x1.0a8824p+2f, -0x1.36aa4ep+2f, -0x1.6356a2p+2f, -0x1.8f8e98p+2f, -0x1.bc4abep+2f, -0x1.e855p+2f, -0x1.0a560cp+3f, -0x1.209d68p+3f, -0x1.36afa4p+3f, -0x1.4d47c8p+3f, -0x1.63679cp+3f, -0x1.7951dp+3f, -0x1.8fbe1cp+3f, -0x1.a567bp+3f, -0x1.bba674p+3f, -0x1.d1dd5p+3f, -0x1.e80114p+3f, -0x1.fe3a84p+3f, -0x1.0a7bb8p+4f, -0x1.155cccp+4f, -0x1.2090ap+4f, -0x1.2bbc62p+4f, -0x1.36cd3ep+4f, -0x1.41e316p+4f, -0x1.4cf826p+4f, -0x1.580b6p+4f},
      {0x1.444592p-1f, 0x1.c09276p-2f, 0x1.cc5a56p-3f, 0x1.da4484p-4f, 0x1.f2bebep-5f, 0x1.ee605p-6f, 0x1.f93008p-7f, 0x1.fceff6p-8f, 0x1.fb73d4p-9f, 0x1.fd13cap-10f, 0x1.fa5ca4p-11f, 0x1.fd0874p-12f, 0x1.fd4376p-13f, 0x1.fbbc92p-14f, 0x1.fd7df8p-15f, 0x1.f6f508p-16f, 0x1.f7d90ep-17f, 0x1.fc0d9ap-18f, 0x1.f838a8p-19f, 0x1.003a3ep-19f, 0x1.ff6c84p-21f, 0x1.fee336p-22f, 0x1.ff8ae8p-23f, 0x1.fed862p-24f, 0x1.f606bp-25f, 0x1.fcb1ecp-26f, 0x1.f924bap-27f, 0x1.f69b24p-28f, 0x1.f7604cp-29f, 0x1.f788ccp-30f, 0x1.f7c9e8p-31f, 0x1.f844e6p-32f},
      {-0x1.e0724p-2f, -0x1.6b39a6p-2f, -0x1.9c481ep-3f, -0x1.bfd714p-4f, -0x1.e3ddc4p-5f, -0x1.e6fdfp-6f, -0x1.f55034p-7f, -0x1.faf76p-8f, -0x1.fa78aep-9f, -0x1.fc9554p-10f, -0x1.fa1e1p-11f, -0x1.fce8d4p-12f, -0x1.fd33a2p-13f, -0x1.fbb4b4p-14f, -0x1.fd7a02p-15f, -0x1.f6f31ap-16f, -0x1.f7d816p-17f, -0x1.fc0d1cp-18f, -0x1.f8386ap-19f, -0x1.003a2ep-19f, -0x1.ff6c74p-21f, -0x1.fee32ep-22f, -0x1.ff8ae4p-23f, -0x1.fed86p-24f, -0x1.f606bp-25f, -0x1.fcb1ecp-26f, -0x1.f924bap-27f, -0x1.f69b24p-28f, -0x1.f7604cp-29f, -0x1.f788ccp-30f, -0x1.f7c9e8p-31f, -0x1.f844e6p-32f},
      {0x1.fe0e2ap-4f, 0x1.d4c4ecp-4f, 0x1.494916p-4f, 0x1.8ee006p-5f, 0x1.c74954p-6f, 0x1.d8844ap-7f, 0x1.eda4cep-8f, 0x1.f70b66p-9f, 0x1.f883bp-10f, 0x1.fb98b8p-11f, 0x1.f9a0fap-12f, 0x1.fca998p-13f, 0x1.fd13fap-14f, 0x1.fba4f6p-15f, 0x1.fd7212p-16f, 0x1.f6ef4p-17f, 0x1.f7d628p-18f, 0x1.fc0c2p-19f, 0x1.f837eep-20f, 0x1.003a0cp-20f, 0x1.ff6c5p-22f, 0x1.fee31ap-23f, 0x1.ff8ad8p-24f, 0x1.fed858p-25f, 0x1.f606bp-26f, 0x1.fcb1e8p-27f, 0x1.f924bap-28f, 0x1.f69b24p-29f, 0x1.f7604cp-30f, 0x1.f788ccp-31f, 0x1.f7c9e8p-32f, 0x1.f844e6p-33f},
      {-0x1.4f48c6p-9f, -0x1.6b3e0ep-7f, -0x1.0646f8p-6f, -0x1.9f8aa8p-7f, -0x1.0babd8p-7f, -0x1.284928p-8f, -0x1.3f069ap-9f, -0x1.4a2c4p-10f, -0x1.4dbdcep-11f, -0x1.5115p-12f, -0x1.506eacp-13f, -0x1.52c6b8p-14f, -0x1.5337b6p-15f, -0x1.525844p-16f, -0x1.539614p-17f, -0x1.4f443cp-18f, -0x1.4fe0dp-19f, -0x1.52b0acp-20f, -0x1.5023dap-21f, -0x1.55a1ap-22f, -0x1.54f1f8p-23f, -0x1.549692p-24f, -0x1.55067p-25f, -0x1.548f76p-26f, -0x1.4eadf2p-27f, -0x1.532048p-28f, -0x1.50c248p-29f, -0x1.4f114ap-30f, -0x1.4f94bep-31f, -0x1.4fafc2p-32f, -0x1.4fdb2cp-33f, -0x1.502d2ap-34f},
      {-0x1.5017e4p-8f, -0x1.d213fcp-9f, 0x1.eff22cp-13f, 0x1.ba372ap-10f, 0x1.949662p-10f, 0x1.0482c8p-10f, 0x1.2b59b8p-11f, 0x1.3fed3cp-12f, 0x1.489232p-13f, 0x1.4e79aap-14f, 0x1.4f234p-15f, 0x1.521ff8p-16f, 0x1.52e508p-17f, 0x1.522ff6p-18f, 0x1.5383e8p-19f, 0x1.4f3724p-20f, 0x1.4fd968p-21f, 0x1.52aed6p-22f, 0x1.502162p-23f, 0x1.55a532p-24f, 0x1.54f598p-25f, 0x1.549a0ap-26f, 0x1.550a44p-27f, 0x1.54934p-28f, 0x1.4eaaaep-29f, 0x1.53225cp-30f, 0x1.50c114p-31f, 0x1.4f0f54p-32f, 0x1.4f932ep-33f, 0x1.4fae3ep-34f, 0x1.4fd9c8p-35f, 0x1.502c0ep-36f},
      {0x1.04f9aep-12f, 0x1.fb1eeep-11f, 0x1.84df78p-11f, 0x1.d0431ap-14f, -0x1.18e754p-13f, -0x1.351f36p-13f, -0x1.a2895p-14f, -0x1.e0e278p-15f, -0x1.ff1034p-16f, -0x1.086c6cp-16f, -0x1.0b1ce4p-17f, -0x1.0e91fep-18f, -0x1.0fb99ap-19f, -0x1.0f6c9ap-20f, -0x1.109f06p-21f, -0x1.0d4384p-22f, -0x1.0dc644p-23f, -0x1.1015b6p-24f, -0x1.0e0e6ep-25f, -0x1.127712p-26f, -0x1.11e8dp-27f, -0x1.11a0f8p-28f, -0x1.11fa98p-29f, -0x1.119b44p-30f, -0x1.0d0894p-31f, -0x1.108c52p-32f, -0x1.0e988ep-33f, -0x1.0d358cp-34f, -0x1.0d9e7ep-35f, -0x1.0db2a4p-36f, -0x1.0dd4ccp-37f, -0x1.0e179p-38f},
      {0x1.5c2a3cp-12f, 0x1.532c7ep-14f, -0x1.4eb21cp-13f, -0x1.c25bfp-14f, -0x1.76669cp-16f, 0x1.2d37c8p-17f, 0x1.9275d2p-17f, 0x1.1468cp-17f, 0x1.3f1fd4p-18f, 0x1.536cf6p-19f, 0x1.5e5f4cp-20f, 0x1.64c9f2p-21f, 0x1.67b5dp-22f, 0x1.687eeap-23f, 0x1.693e5ap-24f, 0x1.6a1b4p-25f, 0x1.6a4fap-26f, 0x1.6a58f8p-27f, 0x1.6a016ep-28f, 0x1.6a665ap-29f, 0x1.6a1de4p-30f, 0x1.6a2056p-31f, 0x1.6a3826p-32f, 0x1.69edaep-33f, 0x1.6a52fap-34f, 0x1.6a3d84p-35f, 0x1.6a8432p-36f, 0x1.69d4fp-37f, 0x1.69ea02p-38f, 0x1.69f954p-39f, 0x1.6a022ap-40f, 0x1.6a03bp-41f},
  };
};

// Another row 0 of Log1pTable<6>: value is NearestLn2<float>::high, and the rest is
// log1p(exp(-u)) - ln(2). Relative error of the rest: 2^-32.8
struct Log1pRowExactAt0 {
  static constexpr float coefficients[8] = {0x0p+0f, 0x1.62e43p-1f, -0x1p-1f, 0x1.fffffep-4f, 0x1.115f0ap-22f, -0x1.5583f2p-8f, 0x1.a6eeep-17f, 0x1.550976p-12f};
};

// sigmoid(-u) = value + slope r + c2 r^2 + ... with r = u - centre: a column for
// -centre, value, slope and each of the other coefficients
template <int degree>
struct SigmoidTable;

// Relative error: 2^-17.5
template <>
struct SigmoidTable<4> {
  static constexpr int size = 6, rows = 32;
  alignas(64) static constexpr float coefficients[size][rows] = {
      {0x0p+0f, -0x1.6cf05p-1f, -0x1.64f448p+0f, -0x1.0acb2p+1f, -0x1.62ba6p+1f, -0x1.bd734cp+1f, -0x1.0b2bf8p+2f, -0x1.3690fep+2f, -0x1.62a572p+2f, -0x1.8ff48cp+2f, -0x1.bcac7ap+2f, -0x1.e8c68ep+2f, -0x1.0abfecp+3f, -0x1.20fb98p+3f, -0x1.35f9ap+3f, -0x1.4cdde8p+3f, -0x1.635564p+3f, -0x1.7951dp+3f, -0x1.8f7f6p+3f, -0x1.a57124p+3f, -0x1.bba1dp+3f, -0x1.d1b9e8p+3f, -0x1.e80114p+3f, -0x1.fe10ecp+3f, -0x1.0a478ep+4f, -0x1.157f2cp+4f, -0x1.20a40cp+4f, -0x1.2bc4fap+4f, -0x1.369eecp+4f, -0x1.41f278p+4f, -0x1.4c8fe8p+4f, -0x1.5807ap+4f},
      {0x1p-1f, 0x1.50e1eep-2f, 0x1.96f746p-3f, 0x1.c523c6p-4f, 0x1.e2761ep-5f, 0x1.e99ff6p-6f, 0x1.f066acp-7f, 0x1.fbbe7cp-8f, 0x1.fff4fap-9f, 0x1.f96f38p-10f, 0x1.f71c36p-11f, 0x1.f9656ep-12f, 0x1.f6aa22p-13f, 0x1.f5e714p-14f, 0x1.047614p-14f, 0x1.fd7de8p-16f, 0x1.f8f742p-17f, 0x1.fc0d1cp-18f, 0x1.fc18b4p-19f, 0x1.ffdd1p-20f, 0x1.ffb6a4p-21f, 0x1.008cd6p-21f, 0x1.ff8ae4p-23f, 0x1.00b908p-23f, 0x1.fc75e2p-25f, 0x1.f87198p-26f, 0x1.f6c1p-27f, 0x1.f58d78p-28f, 0x1.fd19dap-29f, 0x1.f5a598p-30f, 0x1.026324p-30f, 0x1.f8bb24p-32f},
      {-0x1p-2f, -0x1.c41afp-3f, -0x1.46189ep-3f, -0x1.93024cp-4f, -0x1.c60c16p-5f, -0x1.dafe24p-6f, -0x1.e8e19p-7f, -0x1.f7cf7p-8f, -0x1.fdf51p-9f, -0x1.f875bep-10f, -0x1.f6a09ep-11f, -0x1.f92712p-12f, -0x1.f68b4ap-13f, -0x1.f5d7b4p-14f, -0x1.0471fp-14f, -0x1.fd79f2p-16f, -0x1.f8f55p-17f, -0x1.fc0c2p-18f, -0x1.fc1836p-19f, -0x1.ffdcdp-20f, -0x1.ffb684p-21f, -0x1.008ccep-21f, -0x1.ff8adcp-23f, -0x1.00b906p-23f, -0x1.fc75ep-25f, -0x1.f87198p-26f, -0x1.f6c1p-27f, -0x1.f58d78p-28f, -0x1.fd19dap-29f, -0x1.f5a598p-30f, -0x1.026324p-30f, -0x1.f8bb24p-32f},
      {-0x1.bde03ap-16f, 0x1.3539c4p-5f, 0x1.88f5f8p-5f, 0x1.39d246p-5f, 0x1.908f2ep-6f, 0x1.be9cb8p-7f, 0x1.da143ap-8f, 0x1.f00b74p-9f, 0x1.fa0792p-10f, 0x1.f6899cp-11f, 0x1.f5acp-12f, 0x1.f8af7p-13f, 0x1.f64edep-14f, 0x1.f5b91cp-15f, 0x1.04760ep-15f, 0x1.fd7c38p-17f, 0x1.f8f59ap-18f, 0x1.fc1272p-19f, 0x1.fc1f92p-20f, 0x1.ffe99cp-21f, 0x1.ffc35ep-22f, 0x1.009432p-22f, 0x1.ff97aep-24f, 0x1.00c0bp-24f, 0x1.fc7ebp-26f, 0x1.f8751p-27f, 0x1.f6c234p-28f, 0x1.f58d1p-29f, 0x1.fd2386p-30f, 0x1.f5a55p-31f, 0x1.026cf4p-31f, 0x1.f8bfp-33f},
      {0x1.5b3ddep-6f, 0x1.85cfa8p-7f, -0x1.1c0d52p-10f, -0x1.b3cc5ap-8f, -0x1.9320c6p-8f, -0x1.05f4c8p-8f, -0x1.29bbe4p-9f, -0x1.41bdf6p-10f, -0x1.4d9862p-11f, -0x1.4e185p-12f, -0x1.4edf46p-13f, -0x1.518bb6p-14f, -0x1.504c6ep-15f, -0x1.5012eap-16f, -0x1.5cdc46p-17f, -0x1.555f7cp-18f, -0x1.526226p-19f, -0x1.547786p-20f, -0x1.5481ap-21f, -0x1.570582p-22f, -0x1.56ec8ep-23f, -0x1.57d8b8p-24f, -0x1.56cfe8p-25f, -0x1.58139cp-26f, -0x1.54c232p-27f, -0x1.521192p-28f, -0x1.50eeeap-29f, -0x1.501fdep-30f, -0x1.552fa8p-31f, -0x1.503028p-32f, -0x1.5a47fap-33f, -0x1.52431cp-34f},
      {-0x1.91282ep-10f, -0x1.4c124cp-8f, -0x1.d88412p-9f, -0x1.2d9452p-11f, 0x1.6377d6p-11f, 0x1.82921ap-11f, 0x1.03daa4p-11f, 0x1.29718p-12f, 0x1.3d691cp-13f, 0x1.479e26p-14f, 0x1.4cd22ep-15f, 0x1.4f744p-16f, 0x1.50c42ap-17f, 0x1.516cb6p-18f, 0x1.51fd52p-19f, 0x1.51f3b6p-20f, 0x1.52021ap-21f, 0x1.52101ap-22f, 0x1.5215bap-23f, 0x1.52217ap-24f, 0x1.522244p-25f, 0x1.52275cp-26f, 0x1.522272p-27f, 0x1.5228c8p-28f, 0x1.521b62p-29f, 0x1.52166cp-30f, 0x1.52160ap-31f, 0x1.5215aep-32f, 0x1.521cdp-33f, 0x1.5215fp-34f, 0x1.5237b2p-35f, 0x1.5216f4p-36f},
  };
};

// Relative error: 2^-26.9
template <>
struct SigmoidTable<6> {
  static constexpr int size = 8, rows = 32;
  alignas(64) static constexpr float coefficients[size][rows] = {
      {0x0p+0f, -0x1.6cf05p-1f, -0x1.64f448p+0f, -0x1.0acb2p+1f, -0x1.62ba6p+1f, -0x1.bd734cp+1f, -0x1.0b2bf8p+2f, -0x1.3690fep+2f, -0x1.62a572p+2f, -0x1.8ff48cp+2f, -0x1.bcac7ap+2f, -0x1.e8c68ep+2f, -0x1.0abfecp+3f, -0x1.20fb98p+3f, -0x1.35f9ap+3f, -0x1.4cdde8p+3f, -0x1.635564p+3f, -0x1.7951dp+3f, -0x1.8f7f6p+3f, -0x1.a57124p+3f, -0x1.bba1dp+3f, -0x1.d1b9e8p+3f, -0x1.e80114p+3f, -0x1.fe10ecp+3f, -0x1.0a478ep+4f, -0x1.157f2cp+4f, -0x1.20a40cp+4f, -0x1.2bc4fap+4f, -0x1.369eecp+4f, -0x1.41f278p+4f, -0x1.4c8fe8p+4f, -0x1.5807ap+4f},
      {0x1p-1f, 0x1.50e1eep-2f, 0x1.96f746p-3f, 0x1.c523c6p-4f, 0x1.e2761ep-5f, 0x1.e99ff6p-6f, 0x1.f066acp-7f, 0x1.fbbe7cp-8f, 0x1.fff4fap-9f, 0x1.f96f38p-10f, 0x1.f71c36p-11f, 0x1.f9656ep-12f, 0x1.f6aa22p-13f, 0x1.f5e714p-14f, 0x1.047614p-14f, 0x1.fd7de8p-16f, 0x1.f8f742p-17f, 0x1.fc0d1cp-18f, 0x1.fc18b4p-19f, 0x1.ffdd1p-20f, 0x1.ffb6a4p-21f, 0x1.008cd6p-21f, 0x1.ff8ae4p-23f, 0x1.00b908p-23f, 0x1.fc75e2p-25f, 0x1.f87198p-26f, 0x1.f6c1p-27f, 0x1.f58d78p-28f, 0x1.fd19dap-29f, 0x1.f5a598p-30f, 0x1.026324p-30f, 0x1.f8bb24p-32f},
      {-0x1p-2f, -0x1.c41afp-3f, -0x1.46189ep-3f, -0x1.93024cp-4f, -0x1.c60c16p-5f, -0x1.dafe24p-6f, -0x1.e8e19p-7f, -0x1.f7cf7p-8f, -0x1.fdf51p-9f, -0x1.f875bep-10f, -0x1.f6a09ep-11f, -0x1.f92712p-12f, -0x1.f68b4ap-13f, -0x1.f5d7b4p-14f, -0x1.0471fp-14f, -0x1.fd79f2p-16f, -0x1.f8f55p-17f, -0x1.fc0c2p-18f, -0x1.fc1836p-19f, -0x1.ffdcdp-20f, -0x1.ffb684p-21f, -0x1.008ccep-21f, -0x1.ff8adcp-23f, -0x1.00b906p-23f, -0x1.fc75ep-25f, -0x1.f87198p-26f, -0x1.f6c1p-27f, -0x1.f58d78p-28f, -0x1.fd19dap-29f, -0x1.f5a598p-30f, -0x1.026324p-30f, -0x1.f8bb24p-32f},
      {0x1.139c3ap-24f, 0x1.35437ep-5f, 0x1.88fe38p-5f, 0x1.39d6e2p-5f, 0x1.9090d8p-6f, 0x1.be9a62p-7f, 0x1.da11acp-8f, 0x1.f000fp-9f, 0x1.f9f93ap-10f, 0x1.f683bep-11f, 0x1.f5a9aap-12f, 0x1.f8aa68p-13f, 0x1.f64d9cp-14f, 0x1.f5b8f6p-15f, 0x1.0469a4p-15f, 0x1.fd7202p-17f, 0x1.f8f16ap-18f, 0x1.fc0a26p-19f, 0x1.fc1738p-20f, 0x1.ffdc4cp-21f, 0x1.ffb64p-22f, 0x1.008cbcp-22f, 0x1.ff8ac8p-24f, 0x1.00b9p-24f, 0x1.fc75dap-26f, 0x1.f87196p-27f, 0x1.f6c1p-28f, 0x1.f58d7ap-29f, 0x1.fd19d8p-30f, 0x1.f5a59ap-31f, 0x1.02632p-31f, 0x1.f8bb24p-33f},
      {0x1.554d8p-6f, 0x1.87434p-7f, -0x1.36590ap-10f, -0x1.b84062p-8f, -0x1.9414p-8f, -0x1.05954ap-8f, -0x1.28bf32p-9f, -0x1.40618p-10f, -0x1.4c08a8p-11f, -0x1.4c6bdap-12f, -0x1.4d27a8p-13f, -0x1.4fcac2p-14f, -0x1.4e8b7ap-15f, -0x1.4e519p-16f, -0x1.5b20c4p-17f, -0x1.539606p-18f, -0x1.509afap-19f, -0x1.52ae04p-20f, -0x1.52b80ap-21f, -0x1.553c22p-22f, -0x1.552318p-23f, -0x1.56100ep-24f, -0x1.55065ap-25f, -0x1.564b36p-26f, -0x1.52f876p-27f, -0x1.504a88p-28f, -0x1.4f2a5cp-29f, -0x1.4e5d76p-30f, -0x1.5365cp-31f, -0x1.4e6dap-32f, -0x1.58837p-33f, -0x1.507bfep-34f},
      {0x1.4ba1c2p-16f, -0x1.53f50ep-8f, -0x1.dd3c8p-9f, -0x1.2e8b02p-11f, 0x1.65a19p-11f, 0x1.8454fap-11f, 0x1.03782ap-11f, 0x1.2c2c2ep-12f, 0x1.4193a8p-13f, 0x1.4746ap-14f, 0x1.4a96bcp-15f, 0x1.4e7fp-16f, 0x1.4de632p-17f, 0x1.4dfdp-18f, 0x1.5afeap-19f, 0x1.5383e2p-20f, 0x1.50909ep-21f, 0x1.52aa14p-22f, 0x1.52b6cp-23f, 0x1.553ee4p-24f, 0x1.552674p-25f, 0x1.561414p-26f, 0x1.550a3ep-27f, 0x1.564fe2p-28f, 0x1.52fa0cp-29f, 0x1.504938p-30f, 0x1.4f27f2p-31f, 0x1.4e59bep-32f, 0x1.53676ap-33f, 0x1.4e6a32p-34f, 0x1.588bcp-35f, 0x1.507afep-36f},
      {-0x1.1dddcep-9f, -0x1.b9041p-12f, 0x1.f57202p-11f, 0x1.5377d2p-11f, 0x1.23c668p-13f, -0x1.c8936p-15f, -0x1.2cd4cp-14f, -0x1.a1911ap-15f, -0x1.e2a356p-16f, -0x1.fd041ap-17f, -0x1.056386p-17f, -0x1.0a9f8ap-18f, -0x1.0b332ep-19f, -0x1.0bcedap-20f, -0x1.1665e4p-21f, -0x1.10a07ap-22f, -0x1.0e5802p-23f, -0x1.101046p-24f, -0x1.101f66p-25f, -0x1.122084p-26f, -0x1.120f48p-27f, -0x1.12cddep-28f, -0x1.11fb12p-29f, -0x1.12fda8p-30f, -0x1.105532p-31f, -0x1.0e56fep-32f, -0x1.0d59eep-33f, -0x1.0ca8acp-34f, -0x1.10b242p-35f, -0x1.0cae26p-36f, -0x1.14c284p-37f, -0x1.0e56cp-38f},
      {0x1.e1e916p-13f, 0x1.1e8d98p-11f, 0x1.53d574p-14f, -0x1.36f48ap-13f, -0x1.572b3cp-14f, -0x1.20b13cp-16f, 0x1.d8024cp-19f, 0x1.872e96p-18f, 0x1.13955ap-18f, 0x1.3d4f3ep-19f, 0x1.5344f2p-20f, 0x1.5eb964p-21f, 0x1.63ccaep-22f, 0x1.671d8p-23f, 0x1.691cdcp-24f, 0x1.69396ap-25f, 0x1.696378p-26f, 0x1.6a18cp-27f, 0x1.6a37b6p-28f, 0x1.6a2edap-29f, 0x1.6a3472p-30f, 0x1.6a99dcp-31f, 0x1.6a1ae6p-32f, 0x1.6a7de6p-33f, 0x1.6a3de4p-34f, 0x1.6a57c8p-35f, 0x1.6a2c3p-36f, 0x1.6a66f2p-37f, 0x1.6a87e8p-38f, 0x1.6a4728p-39f, 0x1.69d2cep-40f, 0x1.6a2dbep-41f},
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

// 2^k log1p(exp(-u)) = high + slope r + r^2 (core0 + core1 r + ...) + low, a column for each;
// relative error: 2^-28.4
struct Log1pOctaves {
  static constexpr bool has_low = true;
  static constexpr int size = 8, rows = 8;
  alignas(64) static constexpr float coefficients[size][rows] = {
      {0x1.62e43p-1f, 0x1.cp-1f, 0x1.c8ff7cp-1f, 0x1.e27076p-1f, 0x1.f0a30cp-1f, 0x1.f829bp-1f, 0x1.fc0a8cp-1f, 0x1p+0f},
      {-0x1p-1f, -0x1.555556p-1f, -0x1.99999ap-1f, -0x1.c71c72p-1f, -0x1.e1e1e2p-1f, -0x1.f07c1ep-1f, -0x1.f81f82p-1f, -0x1p+0f},
      {0x1.fffffap-4f, 0x1.c71c98p-3f, 0x1.47ae1cp-2f, 0x1.948b02p-2f, 0x1.c5893cp-2f, 0x1.e1709p-2f, 0x1.f05e0cp-2f, 0x1.00000ap-1f},
      {0x1.f8501cp-27f, -0x1.948572p-6f, -0x1.062422p-4f, -0x1.a38758p-4f, -0x1.0ac9a8p-3f, -0x1.2d82d4p-3f, -0x1.40bab6p-3f, -0x1.5554e4p-3f},
      {-0x1.554808p-8f, -0x1.951648p-8f, 0x1.16c568p-10f, 0x1.b7bf58p-7f, 0x1.93fdfcp-6f, 0x1.08677ap-5f, 0x1.2cd3cap-5f, 0x1.55404ep-5f},
      {-0x1.02762p-22f, 0x1.0a4b58p-9f, 0x1.808036p-9f, 0x1.fc83bep-11f, -0x1.1b47a6p-9f, -0x1.36ec3ep-8f, -0x1.a42c5p-8f, -0x1.11ea46p-7f},
      {0x1.6308b6p-12f, 0x1.cd2df6p-13f, -0x1.453fp-11f, -0x1.e8920ap-11f, -0x1.cdfc2ep-12f, 0x1.14fdaep-12f, 0x1.985a88p-11f, 0x1.81da66p-10f},
      {-0x1.ec4e46p-30f, -0x1.066e0ap-4f, 0x1.d261cp-27f, 0x1.d8ebcep-26f, 0x1.b5d8aap-30f, 0x1.db382p-26f, -0x1.e2e578p-26f, -0x1.91ebep-30f},
  };
};

// 2^k log1p(exp(-u)) = high + slope r + r^2 (core0 + core1 r + ...), a column for each;
// relative error: 2^-23.4
struct ShortLog1pOctaves {
  static constexpr bool has_low = false;
  static constexpr int size = 6, rows = 8;
  alignas(64) static constexpr float coefficients[size][rows] = {
      {0x1.62e43p-1f, 0x1.9f324p-1f, 0x1.c8ff7cp-1f, 0x1.e27076p-1f, 0x1.f0a30cp-1f, 0x1.f829b2p-1f, 0x1.fc0a8cp-1f, 0x1p+0f},
      {-0x1.000006p-1f, -0x1.555556p-1f, -0x1.99998ep-1f, -0x1.c71c5ep-1f, -0x1.e1e1dap-1f, -0x1.f07c2p-1f, -0x1.f81f92p-1f, -0x1.00000cp+0f},
      {0x1.fffe6p-4f, 0x1.c71a82p-3f, 0x1.47aef2p-2f, 0x1.948c5p-2f, 0x1.c589bcp-2f, 0x1.e16f98p-2f, 0x1.f05ce2p-2f, 0x1.fffe54p-2f},
      {0x1.5e9728p-17f, -0x1.94834ep-6f, -0x1.063836p-4f, -0x1.a3a708p-4f, -0x1.0ad0e2p-3f, -0x1.2d81p-3f, -0x1.40adf6p-3f, -0x1.553e3ap-3f},
      {-0x1.5255b4p-8f, -0x1.91031p-8f, 0x1.0042cep-10f, 0x1.b37e22p-7f, 0x1.930c3cp-6f, 0x1.08eb62p-5f, 0x1.2dbd72p-5f, 0x1.56dea2p-5f},
      {-0x1.b38776p-14f, 0x1.0ab542p-9f, 0x1.98c584p-9f, 0x1.49179cp-10f, -0x1.09580ap-9f, -0x1.3897eap-8f, -0x1.b34046p-8f, -0x1.2028c6p-7f},
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
