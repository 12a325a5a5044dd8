// Contexts and states as JavaScript objects: NativeContext and NativeState of src/provider/addon.ts.
#include <limits>
#include <memory>
#include <string>

#include "binding.h"
#include "context_registry.h"
#include "decoder.h"

namespace whisperpool::binding {
namespace {

constexpr int kMaximumThreads = 256;
constexpr double kForever = std::numeric_limits<double>::infinity();

const char *name_of(WordTimes times) {
  switch (times) {
    case WordTimes::kDtw: return "dtw";
    case WordTimes::kHeuristic: return "heuristic";
    case WordTimes::kNone: break;
  }
  return "none";
}

Napi::Object stopped(Napi::Env env, Stop reason) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("status", reason == Stop::kAborted ? "aborted" : "deadline");
  return result;
}

Napi::Object segment_js(Napi::Env env, const Segment &segment) {
  Napi::Array tokens = Napi::Array::New(env, segment.tokens.size());
  for (uint32_t i = 0; i < segment.tokens.size(); ++i) {
    const Token &token = segment.tokens[i];
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("text", token.text);
    entry.Set("probability", token.probability);
    entry.Set("startSeconds", token.start_seconds);
    entry.Set("endSeconds", token.end_seconds);
    tokens[i] = entry;
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("startSeconds", segment.start_seconds);
  result.Set("endSeconds", segment.end_seconds);
  result.Set("text", segment.text);
  result.Set("averageLogProbability", segment.average_log_probability);
  result.Set("tokens", tokens);
  return result;
}

Napi::Object decoded_js(Napi::Env env, const Decoded &decoded) {
  Napi::Array segments = Napi::Array::New(env, decoded.segments.size());
  for (uint32_t i = 0; i < decoded.segments.size(); ++i) segments[i] = segment_js(env, decoded.segments[i]);
  Napi::Object result = Napi::Object::New(env);
  result.Set("status", "done");
  result.Set("segments", segments);
  result.Set("noSpeechProbability", decoded.no_speech_probability);
  result.Set("temperature", decoded.temperature);
  result.Set("looped", decoded.looped);
  result.Set("encoderContext", decoded.encoder_context);
  result.Set("wordTimes", name_of(decoded.word_times));
  result.Set("melSeconds", decoded.mel_seconds);
  result.Set("encodeSeconds", decoded.encode_seconds);
  result.Set("decodeSeconds", decoded.decode_seconds);
  result.Set("totalSeconds", decoded.total_seconds);
  return result;
}

StopWatch watch_of(const Napi::Value &control, const Napi::Object &options) {
  const auto flags = typed_array_of<Napi::Int32Array>(control, napi_int32_array, "control", "an Int32Array");
  if (flags.ElementLength() < 1) throw invalid("control", "an Int32Array of at least one element");
  return StopWatch(flags.Data(), number_of(options.Get("deadlineSeconds"), "deadlineSeconds", -1e12, kForever));
}

int encoder_context_of(const Napi::Object &options) {
  return int_of(options.Get("encoderContext"), "encoderContext", 0, 1500);
}

DecodeOptions decode_options_of(const Napi::Object &js) {
  DecodeOptions options;
  options.threads = int_of(js.Get("threads"), "threads", 1, kMaximumThreads);
  options.encoder_context = encoder_context_of(js);
  options.language = string_of(js.Get("language"), "language");
  if (options.language.size() > 3 || whisper_lang_id(options.language.c_str()) < 0) {
    throw NativeError("LANGUAGE_UNKNOWN", "Unknown language code `" + options.language + "`.");
  }
  options.translate = bool_of(js.Get("translate"), "translate");
  options.prompt = string_of(js.Get("prompt"), "prompt");
  options.max_tokens = int_of(js.Get("maxTokens"), "maxTokens", 0, 1000);
  options.loop_turns = int_of(js.Get("loopTurns"), "loopTurns", 2, 100);
  options.beam_size = int_of(js.Get("beamSize"), "beamSize", 1, 8);
  options.temperature_increment = static_cast<float>(number_of(js.Get("temperatureIncrement"), "temperatureIncrement", 0, 1));
  options.words = bool_of(js.Get("words"), "words");
  return options;
}

class StateObject : public Napi::ObjectWrap<StateObject> {
 public:
  explicit StateObject(const Napi::CallbackInfo &call) : Napi::ObjectWrap<StateObject>(call) {
    guarded(call.Env(), [&] {
      if (!call[0].IsExternal()) throw invalid("context", "made by `createState`");
      decoder_ = std::make_unique<Decoder>(*call[0].As<Napi::External<std::shared_ptr<SharedContext>>>().Data());
    });
  }

  static Napi::FunctionReference *define(Napi::Env env) {
    return define_class<StateObject>(env, "NativeState",
                                     {InstanceMethod<&StateObject::warm>("warm"),
                                      InstanceMethod<&StateObject::detect_language>("detectLanguage"),
                                      InstanceMethod<&StateObject::decode>("decode"),
                                      InstanceMethod<&StateObject::close>("close")});
  }

 private:
  Decoder &decoder() {
    if (!decoder_) throw NativeError("OPTION_INVALID", "This state is closed.");
    return *decoder_;
  }

  Napi::Value warm(const Napi::CallbackInfo &call) {
    return guarded(call.Env(), [&]() -> Napi::Value {
      decoder().warm(int_of(call[0], "threads", 1, kMaximumThreads));
      return call.Env().Undefined();
    });
  }

  Napi::Value detect_language(const Napi::CallbackInfo &call) {
    const Napi::Env env = call.Env();
    return guarded(env, [&]() -> Napi::Value {
      const Napi::Float32Array pcm = floats_of(call[0], "pcm");
      const Napi::Object options = object_of(call[1], "options");
      StopWatch watch = watch_of(call[2], options);
      const Detection detection =
          decoder().detect_language(pcm.Data(), pcm.ElementLength(), int_of(options.Get("threads"), "threads", 1, kMaximumThreads),
                                    encoder_context_of(options), watch);
      if (watch.reason() != Stop::kNone) return stopped(env, watch.reason());
      Napi::Object result = Napi::Object::New(env);
      result.Set("status", "done");
      result.Set("language", detection.language);
      result.Set("probability", detection.probability);
      return result;
    });
  }

  Napi::Value decode(const Napi::CallbackInfo &call) {
    const Napi::Env env = call.Env();
    return guarded(env, [&]() -> Napi::Value {
      const Napi::Float32Array pcm = floats_of(call[0], "pcm");
      const Napi::Object js = object_of(call[1], "options");
      const DecodeOptions options = decode_options_of(js);
      StopWatch watch = watch_of(call[2], js);
      SegmentCallback on_segment;
      if (call[3].IsFunction()) {
        const Napi::Function callback = call[3].As<Napi::Function>();
        on_segment = [env, callback](const Segment &segment) { callback.Call({segment_js(env, segment)}); };
      } else if (!call[3].IsUndefined()) {
        throw invalid("onSegment", "a function");
      }
      const Decoded decoded = decoder().decode(pcm.Data(), pcm.ElementLength(), options, watch, on_segment);
      return watch.reason() == Stop::kNone ? decoded_js(env, decoded) : stopped(env, watch.reason());
    });
  }

  Napi::Value close(const Napi::CallbackInfo &call) {
    decoder_.reset();
    return call.Env().Undefined();
  }

  std::unique_ptr<Decoder> decoder_;
};

class ContextObject : public Napi::ObjectWrap<ContextObject> {
 public:
  explicit ContextObject(const Napi::CallbackInfo &call)
      : Napi::ObjectWrap<ContextObject>(call) {}

  static Napi::FunctionReference *define(Napi::Env env, Napi::FunctionReference *states) {
    return define_class<ContextObject>(env, "NativeContext",
                                       {InstanceMethod<&ContextObject::create_state>("createState", napi_enumerable, states),
                                        InstanceMethod<&ContextObject::close>("close")});
  }

  void open(Napi::Env env, const std::string &path, const ContextOptions &options) {
    const AcquiredContext acquired = acquire_context(path, options);
    context_ = acquired.context;
    Napi::Object self = Value();
    self.Set("multilingual", Napi::Boolean::New(env, whisper_is_multilingual(context_->get()) != 0));
    self.Set("fullEncoderContext", whisper_n_audio_ctx(context_->get()));
    self.Set("weightsRead", Napi::Boolean::New(env, acquired.weights_read));
    self.Set("loadSeconds", context_->load_seconds());
  }

 private:
  Napi::Value create_state(const Napi::CallbackInfo &call) {
    const Napi::Env env = call.Env();
    return guarded(env, [&]() -> Napi::Value {
      if (!context_) throw NativeError("OPTION_INVALID", "This context is closed.");
      auto *states = static_cast<Napi::FunctionReference *>(call.Data());
      return states->New({Napi::External<std::shared_ptr<SharedContext>>::New(env, &context_)});
    });
  }

  Napi::Value close(const Napi::CallbackInfo &call) {
    context_.reset();
    return call.Env().Undefined();
  }

  std::shared_ptr<SharedContext> context_;
};

Napi::Value open_context(const Napi::CallbackInfo &call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&]() -> Napi::Value {
    const std::string path = string_of(call[0], "path");
    const Napi::Object js = object_of(call[1], "options");
    const ContextOptions options{string_of(js.Get("fileKey"), "fileKey"),
                                 bool_of(js.Get("flashAttention"), "flashAttention"), bool_of(js.Get("gpu"), "gpu"),
                                 string_of(js.Get("alignment"), "alignment")};
    const Napi::Object context = static_cast<Napi::FunctionReference *>(call.Data())->New({});
    ContextObject::Unwrap(context)->open(env, path, options);
    return context;
  });
}

Napi::Value context_statistics_js(const Napi::CallbackInfo &call) {
  const ContextStatistics statistics = context_statistics();
  Napi::Object result = Napi::Object::New(call.Env());
  result.Set("weightsRead", Napi::Number::New(call.Env(), static_cast<double>(statistics.weights_read)));
  result.Set("open", statistics.open);
  return result;
}

}  // namespace

void register_model_classes(Napi::Env env, Napi::Object exports) {
  Napi::FunctionReference *states = StateObject::define(env);
  Napi::FunctionReference *contexts = ContextObject::define(env, states);
  exports.Set("openContext", Napi::Function::New(env, open_context, "openContext", contexts));
  exports.Set("contextStatistics", Napi::Function::New(env, context_statistics_js, "contextStatistics"));
}

}  // namespace whisperpool::binding
