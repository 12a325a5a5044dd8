// quantizeRows of src/provider/addon.ts.
#include <algorithm>
#include <limits>

#include "binding.h"
#include "quantizer.h"

namespace whisperpool::binding {
namespace {

Napi::Value quantize_rows_js(const Napi::CallbackInfo &call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&]() -> Napi::Value {
    const std::string variant = string_of(call[0], "variant");
    const Napi::Float32Array values = floats_of(call[1], "values");
    const int row_elements = int_of(call[2], "rowElements", 1, std::numeric_limits<int>::max());
    const std::vector<uint8_t> stored =
        quantize_rows(variant, values.Data(), values.ElementLength(), static_cast<size_t>(row_elements));
    Napi::Uint8Array array = Napi::Uint8Array::New(env, stored.size());
    std::copy(stored.begin(), stored.end(), array.Data());
    return array;
  });
}

}  // namespace

void register_quantizer(Napi::Env env, Napi::Object exports) {
  exports.Set("quantizeRows", Napi::Function::New(env, quantize_rows_js, "quantizeRows"));
}

}  // namespace whisperpool::binding
