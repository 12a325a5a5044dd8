#include "system_information.h"

#include <set>
#include <utility>

#include "ggml-backend.h"
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

// The features that cpu_features.cc knows, as ggml's kernels name those they were compiled with.
std::vector<std::string> cpu_features_compiled() {
  static const std::pair<const char *, const char *> known[] = {
      {"SSE3", "SSE3"},         {"SSSE3", "SSSE3"},
      {"AVX", "AVX"},           {"AVX2", "AVX2"},
      {"AVX_VNNI", "AVX_VNNI"}, {"BMI2", "BMI2"},
      {"F16C", "F16C"},         {"FMA", "FMA"},
      {"AVX512", "AVX512F"},    {"AVX512_VBMI", "AVX512_VBMI"},
      {"AVX512_VNNI", "AVX512_VNNI"}, {"AVX512_BF16", "AVX512_BF16"},
      {"AMX_INT8", "AMX_INT8"}, {"NEON", "NEON"},
      {"ARM_FMA", "ARM_FMA"},   {"FP16_VA", "FP16_VA"},
      {"DOTPROD", "DOTPROD"},   {"MATMUL_INT8", "I8MM"},
      {"SVE", "SVE"},           {"SME", "SME"},
  };
  ggml_backend_reg_t registry = ggml_backend_dev_backend_reg(ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU));
  const auto features_of = reinterpret_cast<ggml_backend_get_features_t>(
      ggml_backend_reg_get_proc_address(registry, "ggml_backend_get_features"));
  std::set<std::string> compiled;
  for (const ggml_backend_feature *feature = features_of(registry); feature->name; ++feature) {
    compiled.insert(feature->name);
  }
  std::vector<std::string> names;
  for (const auto &[theirs, ours] : known) {
    if (compiled.count(theirs)) names.emplace_back(ours);
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
