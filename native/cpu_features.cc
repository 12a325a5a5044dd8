// What this CPU can do, asked of the CPU itself.
#include "system_information.h"

#if defined(__x86_64__) || defined(_M_X64) || defined(__i386__)
#define WHISPERPOOL_X86
#ifdef _MSC_VER
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#elif defined(__linux__) && defined(__aarch64__)
#include <sys/auxv.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace whisperpool {
namespace {

struct Feature {
  const char *name;
  bool present;
};

std::vector<std::string> names_of_present(std::initializer_list<Feature> features) {
  std::vector<std::string> names;
  for (const Feature &feature : features) {
    if (feature.present) names.emplace_back(feature.name);
  }
  return names;
}

#ifdef WHISPERPOOL_X86

struct Registers {
  uint32_t a = 0, b = 0, c = 0, d = 0;
};

// Zeros for a leaf that the CPU does not have.
Registers cpuid(uint32_t leaf, uint32_t subleaf) {
  Registers r;
#ifdef _MSC_VER
  int values[4];
  __cpuidex(values, 0, 0);
  if (leaf > static_cast<uint32_t>(values[0])) return r;
  __cpuidex(values, static_cast<int>(leaf), static_cast<int>(subleaf));
  r = {static_cast<uint32_t>(values[0]), static_cast<uint32_t>(values[1]), static_cast<uint32_t>(values[2]),
       static_cast<uint32_t>(values[3])};
#else
  __get_cpuid_count(leaf, subleaf, &r.a, &r.b, &r.c, &r.d);
#endif
  return r;
}

// Which register sets the operating system saves: without that, an instruction set is there but unusable.
uint64_t saved_register_sets() {
#ifdef _MSC_VER
  return _xgetbv(0);
#else
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
#endif
}

std::vector<std::string> detect() {
  const auto bit = [](uint32_t word, int index) { return (word >> index & 1) != 0; };
  const Registers one = cpuid(1, 0), seven = cpuid(7, 0), seven_one = cpuid(7, 1);
  const uint64_t saved = bit(one.c, 27) ? saved_register_sets() : 0;
  const bool ymm = (saved & 0x6) == 0x6;
  const bool zmm = (saved & 0xE6) == 0xE6;
  const bool tiles = (saved & 0x60000) == 0x60000;
  return names_of_present({{"SSE3", bit(one.c, 0)},
                           {"SSSE3", bit(one.c, 9)},
                           {"AVX", ymm && bit(one.c, 28)},
                           {"AVX2", ymm && bit(seven.b, 5)},
                           {"AVX_VNNI", ymm && bit(seven_one.a, 4)},
                           {"BMI2", bit(seven.b, 8)},
                           {"F16C", ymm && bit(one.c, 29)},
                           {"FMA", ymm && bit(one.c, 12)},
                           {"AVX512F", zmm && bit(seven.b, 16)},
                           {"AVX512_VBMI", zmm && bit(seven.c, 1)},
                           {"AVX512_VNNI", zmm && bit(seven.c, 11)},
                           {"AVX512_BF16", zmm && bit(seven_one.a, 5)},
                           {"AMX_INT8", tiles && bit(seven.d, 25)}});
}

#elif defined(__linux__) && defined(__aarch64__)

// Bits of Linux's AT_HWCAP words (arch/arm64/include/uapi/asm/hwcap.h); older headers lack the later names.
std::vector<std::string> detect() {
  const unsigned long first = getauxval(AT_HWCAP), second = getauxval(AT_HWCAP2);
  const auto bit = [](unsigned long word, int index) { return (word >> index & 1) != 0; };
  return names_of_present({{"NEON", bit(first, 1)},
                           {"ARM_FMA", bit(first, 1)},
                           {"FP16_VA", bit(first, 10)},
                           {"DOTPROD", bit(first, 20)},
                           {"I8MM", bit(second, 13)},
                           {"SVE", bit(first, 22)},
                           {"SME", bit(second, 23)}});
}

#elif defined(__APPLE__)

std::vector<std::string> detect() {
  const auto has = [](const char *name) {
    int value = 0;
    size_t size = sizeof value;
    return sysctlbyname(name, &value, &size, nullptr, 0) == 0 && value != 0;
  };
  return names_of_present({{"NEON", has("hw.optional.neon") || has("hw.optional.AdvSIMD")},
                           {"ARM_FMA", has("hw.optional.neon") || has("hw.optional.AdvSIMD")},
                           {"FP16_VA", has("hw.optional.arm.FEAT_FP16")},
                           {"DOTPROD", has("hw.optional.arm.FEAT_DotProd")},
                           {"I8MM", has("hw.optional.arm.FEAT_I8MM")},
                           {"SME", has("hw.optional.arm.FEAT_SME")}});
}

#else

std::vector<std::string> detect() { return names_of_present({}); }

#endif

}  // namespace

std::vector<std::string> cpu_features_present() { return detect(); }

}  // namespace whisperpool
