// How the loops go through memory: the bits of an element depend only on its inputs, and not on its
// place in the array, its neighbours, the strides, an overlap of the operands or the instruction
// set.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>

#include "tests/cpp/loops_under_test.h"

namespace fused_softplus::cpu {
namespace {

struct Format {
  Dtype dtype;
  int size;
  uint64_t infinity;  // its bits; those of NaNs are larger
};
constexpr Format float64{Dtype::float64, 8, 0x7FF0'0000'0000'0000};
constexpr Format formats[] = {{Dtype::float32, 4, 0x7F80'0000},
                              float64,
                              {Dtype::float16, 2, 0x7C00},
                              {Dtype::bfloat16, 2, 0x7F80}};

// Makes all NaNs the same: which of two NaNs an operation returns depends on the order in which the
// compiler writes its operands.
std::vector<char> without_payloads(std::vector<char> bytes, const Format& format) {
  for (size_t at = 0; at < bytes.size(); at += format.size) {
    uint64_t bits = 0;
    std::memcpy(&bits, &bytes[at], format.size);
    if ((bits & ~(uint64_t{1} << (8 * format.size - 1))) > format.infinity) {
      std::memset(&bytes[at], -1, format.size);
    }
  }
  return bytes;
}

constexpr int64_t most = 700;  // more than two buffers, and not a multiple of any vector

// Operands of one kernel and dtype: random numbers of every exponent, including NaN and infinity.
struct Operands {
  KernelShape shape;
  Format format;
  int size = format.size;
  std::vector<std::vector<char>> inputs;

  Operands(const KernelShape& shape_, const Format& format_) : shape(shape_), format(format_) {
    std::mt19937 random(1);
    for (int i = 0; i < shape.inputs; ++i) {
      auto& bytes = inputs.emplace_back(most * size);
      for (char& byte : bytes) {
        byte = static_cast<char>(random());
      }
    }
  }

  // Computes n elements from first on, with operands of this stride in bytes. Returns the bytes of
  // each output, without the gaps between its elements.
  std::vector<std::vector<char>> run(Loop loop, int64_t first, int64_t n, int64_t stride,
                                     double beta = 1.5) const {
    constexpr char untouched = 0x55;
    std::vector<std::vector<char>> memory(shape.outputs, std::vector<char>(n * stride, untouched));
    for (const auto& input : inputs) {
      auto& spread = memory.emplace_back(n * stride);
      for (int64_t i = 0; i < n; ++i) {
        std::memcpy(&spread[i * stride], &input[(first + i) * size], size);
      }
    }
    std::vector<char*> data;
    for (auto& bytes : memory) {
      data.push_back(bytes.data());
    }
    const std::vector<int64_t> strides(data.size(), stride);
    loop(beta, 20, data.data(), strides.data(), n);
    std::vector<std::vector<char>> outputs;
    for (int output = 0; output < shape.outputs; ++output) {
      std::vector<char> packed;
      for (int64_t i = 0; i < n * stride; ++i) {
        if (i % stride < size) {
          packed.push_back(memory[output][i]);
        } else {
          EXPECT_EQ(memory[output][i], untouched) << "written between the elements";
        }
      }
      outputs.push_back(without_payloads(packed, format));
    }
    return outputs;
  }
};

template <typename Check>
void for_every_loop(const Check& check) {
  for (const InstructionSet& set : loops_under_test()) {
    for (const KernelShape& shape : kernels()) {
      for (const Format& format : formats) {
        SCOPED_TRACE(testing::Message() << set.name << ", kernel " << int(shape.kernel)
                                        << ", dtype " << int(format.dtype));
        check(Operands(shape, format), set.find_loop(shape.kernel, format.dtype));
      }
    }
  }
}

std::vector<char> slice(const std::vector<char>& bytes, int64_t first, int64_t n) {
  return {bytes.begin() + first, bytes.begin() + first + n};
}

TEST(Loops, AnyPartOfAnArrayGivesTheSameBits) {
  for_every_loop([](const Operands& operands, Loop loop) {
    const int size = operands.size;
    const auto whole = operands.run(loop, 0, most, size);
    for (const int64_t first : {0, 1, 7, 300}) {
      for (const int64_t n : {0, 1, 3, 8, 15, 16, 31, 33, 64, 100, 257, 399}) {
        const auto part = operands.run(loop, first, n, size);
        for (size_t output = 0; output < part.size(); ++output) {
          EXPECT_EQ(part[output], slice(whole[output], first * size, n * size))
              << n << " elements from " << first;
        }
      }
    }
  });
}

// Numbers in ascending order: all 16-bit numbers, and as many of the wider types from -128 to 128.
std::vector<char> ascending(const Format& format) {
  std::vector<char> bytes;
  for (int64_t place = -0x7fff; place <= 0x7fff; ++place) {
    const double wide = place / 256.0;
    const auto single = static_cast<float>(wide);
    const auto half = static_cast<uint16_t>(place < 0 ? 0x8000 - place : place);
    const void* const number = format.size == 8   ? static_cast<const void*>(&wide)
                               : format.size == 4 ? static_cast<const void*>(&single)
                                                  : &half;
    const char* const first = static_cast<const char*>(number);
    bytes.insert(bytes.end(), first, first + format.size);
  }
  return bytes;
}

// A loop chooses a range for a block of numbers (csrc/math/scale.h). In ascending order nearly all
// numbers of a block need the same one, and among others any one. (This suite is too long for an
// emulated CPU, which runs Loops.*.)
TEST(Bits, DoNotDependOnNeighbours) {
  constexpr int apart = 8;
  for_every_loop([](Operands operands, Loop loop) {
    const int size = operands.size;
    const auto numbers = ascending(operands.format);
    const int64_t n = std::ssize(numbers) / size;
    for (const double beta : {1.0, 1.5, -0.75}) {
      for (auto& input : operands.inputs) {
        input = numbers;
      }
      const auto among_their_like = operands.run(loop, 0, n, size, beta);
      for (const int64_t other : {0x1234, 0x4220, 0x5100, 0x7c00}) {
        for (const int64_t place : {other + 0x7fff, 0x7fff - other}) {
          for (auto& input : operands.inputs) {
            for (int64_t i = 0; i < n; i += apart) {
              std::memcpy(&input[i * size], &numbers[place * size], size);
            }
          }
          auto among_others = operands.run(loop, 0, n, size, beta);
          for (size_t output = 0; output < among_others.size(); ++output) {
            for (int64_t i = 0; i < n; i += apart) {
              std::memcpy(&among_others[output][i * size], &among_their_like[output][i * size],
                          size);
            }
            EXPECT_EQ(among_others[output], among_their_like[output])
                << "beta " << beta << ", among the number at " << place;
          }
        }
      }
    }
  });
}

// Gives each input the numbers of that format in ascending order, but in another order each.
void fill_in_different_orders(Operands& operands) {
  const auto numbers = ascending(operands.format);
  const int size = operands.size;
  const int64_t n = std::ssize(numbers) / size;
  for (auto& input : operands.inputs) {
    const int64_t stride = 1 + 16 * (&input - operands.inputs.data());
    input.resize(numbers.size());
    for (int64_t i = 0; i < n; ++i) {
      std::memcpy(&input[i * size], &numbers[i * stride % n * size], size);
    }
  }
}

// UnitBeta, which CUDA's contiguous kernel also takes, and PositiveBeta leave operations out.
// AVX-512, NEON and CUDA have the same tables, but CUDA computes all numbers as if they were in the
// last range.
TEST(Bits, DoNotDependOnWhatSomeBetasAndRangesLeaveOut) {
  if (!scalar::supported()) {
    GTEST_SKIP() << "this CPU has no fused multiply-add";
  }
  std::vector<InstructionSet> sets = loops_under_test();
  std::erase_if(sets, [](const InstructionSet& set) {
    const std::string_view name = set.name;
    return name != "avx512" && name != "neon" && name != "cuda";
  });
  for (const KernelShape& shape : kernels()) {
    for (const Format& format : formats) {
      Operands operands(shape, format);
      fill_in_different_orders(operands);
      const int64_t n = std::ssize(operands.inputs[0]) / format.size;
      const Loop any = scalar::find_loop_for_any_beta(shape.kernel, format.dtype);
      for (const double beta : {1.0, 1.5, 100.0}) {
        const auto expected = operands.run(any, 0, n, format.size, beta);
        for (const InstructionSet& set : sets) {
          const Loop loop = set.find_loop(shape.kernel, format.dtype);
          EXPECT_EQ(operands.run(loop, 0, n, format.size, beta), expected)
              << set.name << ", kernel " << int(shape.kernel) << ", dtype " << int(format.dtype)
              << ", beta " << beta;
        }
      }
    }
  }
}

// The range of a block (csrc/math/scale.h) is that of its numbers, with or without a NaN among
// them.
TEST(Loops, ANaNChangesNoOtherElement) {
  for_every_loop([](Operands operands, Loop loop) {
    const int size = operands.size;
    const auto put = [&](std::vector<char>& numbers, int64_t i, uint64_t bits) {
      std::memcpy(&numbers[i * size], &bits, size);
    };
    const uint64_t far = uint64_t{0xC260} << (8 * size - 16);  // in float32 and bfloat16, -56
    for (auto& input : operands.inputs) {
      for (int64_t i = 0; i < most; ++i) {
        put(input, i, far);
      }
    }
    const auto expected = operands.run(loop, 0, most, size);
    const uint64_t infinity = operands.format.infinity, sign = uint64_t{1} << (8 * size - 1);
    for (const uint64_t nan : {infinity | infinity >> 1, infinity + 1, sign | (infinity + 1)}) {
      for (int64_t place = 0; place < 64; place += 3) {
        put(operands.inputs.back(), place, nan);
        auto outputs = operands.run(loop, 0, most, size);
        put(operands.inputs.back(), place, far);
        for (size_t output = 0; output < outputs.size(); ++output) {
          std::memcpy(&outputs[output][place * size], &expected[output][place * size], size);
          EXPECT_EQ(outputs[output], expected[output]) << "NaN " << nan << " at " << place;
        }
      }
    }
  });
}

// Writes a hash of the results of every loop (FNV-1a) to the file that LOOP_BITS names.
// tests/test_arm.py compares those of two machines.
TEST(Bits, AreWrittenForAnotherMachine) {
  const char* const path = std::getenv("LOOP_BITS");
  if (!path) {
    GTEST_SKIP() << "only test_arm.py asks for them";
  }
  std::ofstream file(path);
  for (const InstructionSet& set : loops_under_test()) {
    for (const KernelShape& shape : kernels()) {
      for (const Format& format : formats) {
        const Operands random(shape, format);
        Operands ordered = random;
        fill_in_different_orders(ordered);
        const Loop loop = set.find_loop(shape.kernel, format.dtype);
        for (const double beta : {1.0, 1.5, -0.75}) {
          uint64_t hash = 0xcbf2'9ce4'8422'2325;
          for (const Operands* operands :
               std::initializer_list<const Operands*>{&random, &ordered}) {
            const int64_t n = std::ssize(operands->inputs[0]) / format.size;
            for (const auto& output : operands->run(loop, 0, n, format.size, beta)) {
              for (const unsigned char byte : output) {
                hash = (hash ^ byte) * 0x100'0000'01b3;
              }
            }
          }
          file << set.name << " kernel" << int(shape.kernel) << " dtype" << int(format.dtype)
               << " beta" << beta << ' ' << hash << '\n';
        }
      }
    }
  }
  EXPECT_TRUE(file.flush());
}

TEST(Loops, AnyStrideGivesTheSameBits) {
  for_every_loop([](const Operands& operands, Loop loop) {
    const auto packed = operands.run(loop, 0, most, operands.size);
    for (const int64_t apart : {2, 3, 17}) {
      EXPECT_EQ(operands.run(loop, 0, most, apart * operands.size), packed) << apart;
    }
  });
}

TEST(Loops, AnInputOfStrideZeroIsRepeated) {
  for (const InstructionSet& set : loops_under_test()) {
    const float x = 0.75f;
    float repeated[40], once;
    const char* data[] = {reinterpret_cast<char*>(repeated), reinterpret_cast<const char*>(&x)};
    const Loop loop = set.find_loop(Kernel::softplus, Dtype::float32);
    const int64_t strides[] = {4, 0};
    loop(1, 20, const_cast<char* const*>(data), strides, 40);
    data[0] = reinterpret_cast<char*>(&once);
    loop(1, 20, const_cast<char* const*>(data), strides, 1);
    for (const float y : repeated) {
      EXPECT_EQ(y, once);
    }
  }
}

TEST(Loops, AnOutputMayBeAnInput) {
  for_every_loop([](const Operands& operands, Loop loop) {
    const auto separate = operands.run(loop, 0, most, operands.size);
    auto inputs = operands.inputs;
    std::vector<std::vector<char>> others(operands.shape.outputs - 1,
                                          std::vector<char>(most * operands.size));
    std::vector<char*> data = {inputs.back().data()};  // the first output overwrites the last input
    for (auto& other : others) {
      data.push_back(other.data());
    }
    for (auto& input : inputs) {
      data.push_back(input.data());
    }
    const std::vector<int64_t> strides(data.size(), operands.size);
    loop(1.5, 20, data.data(), strides.data(), most);
    EXPECT_EQ(without_payloads(inputs.back(), operands.format), separate[0]);
  });
}

// cmake/Tests.cmake emulates CPUs, and passes the best instruction set that each of them has.
TEST(Loops, TheBestInstructionSetIsTheOneThatIsExpected) {
  const char* expected = std::getenv("BEST_INSTRUCTION_SET");
  if (!expected) {
    GTEST_SKIP() << "only an emulated CPU has a known instruction set";
  }
  EXPECT_STREQ(runnable_instruction_sets().front().name, expected);
}

// In float32 and the 16-bit types the bits may differ, because AVX2 has shorter tables.
TEST(Loops, InstructionSetsWithFusedMultiplyAddAgreeBitForBitInFloat64) {
  std::vector<InstructionSet> fused = loops_under_test();
  std::erase_if(fused, [](const InstructionSet& set) { return !set.fused_multiply_add; });
  if (fused.size() < 2) {
    GTEST_SKIP() << "this CPU runs fewer than two of them";
  }
  for (const KernelShape& shape : kernels()) {
    const Operands operands(shape, float64);
    const auto run = [&](const InstructionSet& set) {
      return operands.run(set.find_loop(shape.kernel, Dtype::float64), 0, most, operands.size);
    };
    for (const InstructionSet& set : fused) {
      EXPECT_EQ(run(set), run(fused[0])) << set.name;
    }
  }
}

}  // namespace
}  // namespace fused_softplus::cpu
