#pragma once
#include <napi.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "native_error.h"

namespace whisperpool::binding {

void register_model_classes(Napi::Env env, Napi::Object exports);  // binding_model.cc
void register_audio_classes(Napi::Env env, Napi::Object exports);  // binding_audio.cc
void register_quantizer(Napi::Env env, Napi::Object exports);      // binding_quantizer.cc

// Defines class T for this environment. The constructor lives as long as the environment does: one per thread.
template <typename T>
Napi::FunctionReference *define_class(Napi::Env env, const char *name,
                                      const std::vector<Napi::ClassPropertyDescriptor<T>> &properties) {
  auto constructor = std::make_unique<Napi::FunctionReference>(Napi::Persistent(T::DefineClass(env, name, properties)));
  Napi::FunctionReference *kept = constructor.get();
  env.AddCleanupHook([](Napi::FunctionReference *owned) { std::unique_ptr<Napi::FunctionReference>{owned}; },
                     constructor.release());
  return kept;
}

// Runs `body`; every C++ exception becomes a JavaScript error with a `code`, so that none leaves the addon.
template <typename Body>
auto guarded(Napi::Env env, Body &&body) -> decltype(body()) {
  const auto raise = [env](const std::string &code, const char *message) -> Napi::Error {
    Napi::Error error = Napi::Error::New(env, message);
    error.Set("code", Napi::String::New(env, code));
    return error;
  };
  try {
    return body();
  } catch (const Napi::Error &) {
    throw;  // already a JavaScript error; node-addon-api hands it over
  } catch (const NativeError &error) {
    throw raise(error.code(), error.what());
  } catch (const std::bad_alloc &) {
    throw raise("MODEL_LOAD_FAILED", "Out of memory in the native addon. Use a smaller model or fewer slots.");
  } catch (const std::exception &error) {
    throw raise("INTERNAL", error.what());
  } catch (...) {
    throw raise("INTERNAL", "An unknown exception was thrown in the native addon.");
  }
}

// Argument checks: each throws OPTION_INVALID with the name of what is wrong.
inline NativeError invalid(const std::string &name, const std::string &expected) {
  return NativeError("OPTION_INVALID", "Native argument `" + name + "` must be " + expected + ".");
}

inline std::string string_of(const Napi::Value &value, const std::string &name) {
  if (!value.IsString()) throw invalid(name, "a string");
  return value.As<Napi::String>().Utf8Value();
}

inline double number_of(const Napi::Value &value, const std::string &name, double low, double high) {
  if (!value.IsNumber()) throw invalid(name, "a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= low && number <= high)) {  // also false for NaN
    throw invalid(name, "between " + std::to_string(low) + " and " + std::to_string(high));
  }
  return number;
}

inline int int_of(const Napi::Value &value, const std::string &name, int low, int high) {
  const double number = number_of(value, name, low, high);
  if (number != std::floor(number)) throw invalid(name, "a whole number");
  return static_cast<int>(number);
}

inline bool bool_of(const Napi::Value &value, const std::string &name) {
  if (!value.IsBoolean()) throw invalid(name, "true or false");
  return value.As<Napi::Boolean>().Value();
}

inline Napi::Object object_of(const Napi::Value &value, const std::string &name) {
  if (!value.IsObject()) throw invalid(name, "an object");
  return value.As<Napi::Object>();
}

template <typename Array>
Array typed_array_of(const Napi::Value &value, napi_typedarray_type type, const std::string &name, const char *kind) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) throw invalid(name, kind);
  return value.As<Array>();
}

inline Napi::Float32Array floats_of(const Napi::Value &value, const std::string &name) {
  return typed_array_of<Napi::Float32Array>(value, napi_float32_array, name, "a Float32Array");
}

}  // namespace whisperpool::binding
