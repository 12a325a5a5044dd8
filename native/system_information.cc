#include "system_information.h"

#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "whisper.h"

namespace whisperpool {
namespace {

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#elif defined(__GNUC__)
  return "gcc " __VERSION__;
#elif defined(_MSC_VER)
  return "msvc " + std::to_string(_MSC_VER);
#else
  return "unknown";
#endif
}

// ggml_cpu_has_* on x86 says what was compiled in, whatever the machine.
std::vector<std::string> cpu_features_compiled() {
  const struct {
    const char *name;
    int (*compiled)();
  } features[] = {
      {"SSE3", ggml_cpu_has_sse3},
      {"SSSE3", ggml_cpu_has_ssse3},
      {"AVX", ggml_cpu_has_avx},
      {"AVX2", ggml_cpu_has_avx2},
      {"AVX_VNNI", ggml_cpu_has_avx_vnni},
      {"BMI2", ggml_cpu_has_bmi2},
      {"F16C", ggml_cpu_has_f16c},
      {"FMA", ggml_cpu_has_fma},
      {"AVX512F", ggml_cpu_has_avx512},
      {"AVX512_VBMI", ggml_cpu_has_avx512_vbmi},
      {"AVX512_VNNI", ggml_cpu_has_avx512_vnni},
      {"AVX512_BF16", ggml_cpu_has_avx512_bf16},
      {"AMX_INT8", ggml_cpu_has_amx_int8},
      {"NEON", ggml_cpu_has_neon},
      {"ARM_FMA", ggml_cpu_has_arm_fma},
      {"FP16_VA", ggml_cpu_has_fp16_va},
      {"DOTPROD", ggml_cpu_has_dotprod},
      {"I8MM", ggml_cpu_has_matmul_int8},
      {"SVE", ggml_cpu_has_sve},
      {"SME", ggml_cpu_has_sme},
  };
  std::vector<std::string> names;
  for (const auto &feature : features) {
    if (feature.compiled()) names.emplace_back(feature.name);
  }
  return names;
}

const char *kind_of(ggml_backend_dev_t device) {
  switch (ggml_backend_dev_type(device)) {
    case GGML_BACKEND_DEVICE_TYPE_CPU:
      return "cpu";
    case GGML_BACKEND_DEVICE_TYPE_GPU:
      return "gpu";
    case GGML_BACKEND_DEVICE_TYPE_IGPU:
      return "integrated-gpu";
    default:
      return "accelerator";
  }
}

std::vector<Backend> backends() {
  std::vector<Backend> found;
  for (size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    ggml_backend_dev_t device = ggml_backend_dev_get(i);
    size_t free_bytes = 0, total_bytes = 0;
    ggml_backend_dev_memory(device, &free_bytes, &total_bytes);
    found.push_back(
        {ggml_backend_dev_name(device), ggml_backend_dev_description(device), kind_of(device), total_bytes});
  }
  return found;
}

}  // namespace

SystemInformation system_information() {
  return {whisper_version(), compiler(), cpu_features_compiled(), cpu_features_present(), backends()};
}

}  // namespace whisperpool
