// The module: what src/provider/addon.ts sees. Loaded once per thread; everything shared between threads lives in
// context_registry.cc.
#include <cstdlib>
#include <string>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "backends.h"
#include "binding.h"
#include "native_log.h"
#include "system_information.h"
#include "whisper.h"

namespace whisperpool::binding {
namespace {

Napi::Array strings(Napi::Env env, const std::vector<std::string> &values) {
  Napi::Array array = Napi::Array::New(env, values.size());
  for (uint32_t i = 0; i < values.size(); ++i) array[i] = Napi::String::New(env, values[i]);
  return array;
}

Napi::Value system_information_js(const Napi::CallbackInfo &call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&]() -> Napi::Value {
    const SystemInformation system = system_information();
    Napi::Array backends = Napi::Array::New(env, system.backends.size());
    for (uint32_t i = 0; i < system.backends.size(); ++i) {
      const Backend &backend = system.backends[i];
      Napi::Object entry = Napi::Object::New(env);
      entry.Set("name", backend.name);
      entry.Set("description", backend.description);
      entry.Set("kind", backend.kind);
      entry.Set("memoryBytes", Napi::Number::New(env, static_cast<double>(backend.memory_bytes)));
      backends[i] = entry;
    }
    Napi::Object result = Napi::Object::New(env);
    result.Set("whisperVersion", system.whisper_version);
    result.Set("compiler", system.compiler);
    result.Set("cpuFeaturesCompiled", strings(env, system.cpu_features_compiled));
    result.Set("cpuFeaturesPresent", strings(env, system.cpu_features_present));
    result.Set("backends", backends);
    return result;
  });
}

Napi::Value languages_js(const Napi::CallbackInfo &call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&]() -> Napi::Value {
    std::vector<std::string> codes;
    for (int id = 0; id <= whisper_lang_max_id(); ++id) codes.emplace_back(whisper_lang_str(id));
    return strings(env, codes);
  });
}

// glibc raises its mmap threshold to the size of whatever is freed, so that the buffers of freed states stay in the
// arenas of their threads: with a fixed one they go back to the system. It holds for the whole process.
void return_large_buffers() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
#endif
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  install_log();
  guarded(env, load_backends);
  return_large_buffers();
  exports.Set("systemInformation", Napi::Function::New(env, system_information_js, "systemInformation"));
  exports.Set("languages", Napi::Function::New(env, languages_js, "languages"));
  register_model_classes(env, exports);
  register_audio_classes(env, exports);
  register_quantizer(env, exports);
  return exports;
}

}  // namespace
}  // namespace whisperpool::binding

// The macro wants a plain name at namespace scope.
static Napi::Object init_whisperpool(Napi::Env env, Napi::Object exports) {
  return whisperpool::binding::init(env, exports);
}
NODE_API_MODULE(whisperpool, init_whisperpool)
