// openVad, openAudio and openPcm: what src/provider/addon.ts calls NativeVad and NativeVadStream, NativeAudioReader and
// NativePcmConverter. Arrays that are returned own their memory; arrays that are passed in are not kept.
#include <algorithm>
#include <memory>

#include "audio_file.h"
#include "binding.h"
#include "pcm_converter.h"
#include "vad.h"

namespace whisperpool::binding {
namespace {

Napi::Float32Array floats_js(Napi::Env env, const std::vector<float> &values) {
  Napi::Float32Array array = Napi::Float32Array::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

std::string path_of(const Napi::Value &value, const std::string &name) {
  std::string path = string_of(value, name);
  // The C library would open the file named by what comes before it.
  if (path.find('\0') != std::string::npos) throw invalid(name, "a path without a zero byte");
  return path;
}

template <typename Native>
Native &open_or_throw(const std::unique_ptr<Native> &native, const char *what) {
  if (!native) throw NativeError("OPTION_INVALID", std::string("This ") + what + " is closed.");
  return *native;
}

class VadStreamObject : public Napi::ObjectWrap<VadStreamObject> {
 public:
  explicit VadStreamObject(const Napi::CallbackInfo &call) : Napi::ObjectWrap<VadStreamObject>(call) {
    guarded(call.Env(), [&] {
      if (!call[0].IsExternal()) throw invalid("vad", "made by `openStream`");
      stream_ = std::make_unique<VadStream>(*call[0].As<Napi::External<std::shared_ptr<Vad>>>().Data());
    });
  }

  static Napi::FunctionReference *define(Napi::Env env) {
    return define_class<VadStreamObject>(
        env, "NativeVadStream",
        {InstanceMethod<&VadStreamObject::probabilities>("probabilities"),
         InstanceMethod<&VadStreamObject::reset>("reset"), InstanceMethod<&VadStreamObject::close>("close")});
  }

 private:
  Napi::Value probabilities(const Napi::CallbackInfo &call) {
    return guarded(call.Env(), [&]() -> Napi::Value {
      VadStream &stream = open_or_throw(stream_, "stream");
      const Napi::Float32Array pcm = floats_of(call[0], "pcm");
      return floats_js(call.Env(), stream.probabilities(pcm.Data(), pcm.ElementLength()));
    });
  }

  Napi::Value reset(const Napi::CallbackInfo &call) {
    return guarded(call.Env(), [&]() -> Napi::Value {
      open_or_throw(stream_, "stream").reset();
      return call.Env().Undefined();
    });
  }

  Napi::Value close(const Napi::CallbackInfo &call) {
    stream_.reset();
    return call.Env().Undefined();
  }

  std::unique_ptr<VadStream> stream_;
};

class VadObject : public Napi::ObjectWrap<VadObject> {
 public:
  explicit VadObject(const Napi::CallbackInfo &call) : Napi::ObjectWrap<VadObject>(call) {
    guarded(call.Env(), [&] {
      vad_ = std::make_shared<Vad>(path_of(call[0], "path"));
      Value().Set("windowSamples",
                  Napi::Number::New(call.Env(), static_cast<double>(vad_->window_samples())));
    });
  }

  static Napi::FunctionReference *define(Napi::Env env) {
    return define_class<VadObject>(env, "NativeVad",
                                   {InstanceMethod<&VadObject::open_stream>("openStream", napi_enumerable,
                                                                            VadStreamObject::define(env)),
                                    InstanceMethod<&VadObject::close>("close")});
  }

 private:
  Napi::Value open_stream(const Napi::CallbackInfo &call) {
    return guarded(call.Env(), [&]() -> Napi::Value {
      if (!vad_) throw NativeError("OPTION_INVALID", "This VAD is closed.");
      auto *streams = static_cast<Napi::FunctionReference *>(call.Data());
      return streams->New({Napi::External<std::shared_ptr<Vad>>::New(call.Env(), &vad_)});
    });
  }

  Napi::Value close(const Napi::CallbackInfo &call) {
    vad_.reset();
    return call.Env().Undefined();
  }

  std::shared_ptr<Vad> vad_;
};

class AudioReaderObject : public Napi::ObjectWrap<AudioReaderObject> {
 public:
  explicit AudioReaderObject(const Napi::CallbackInfo &call) : Napi::ObjectWrap<AudioReaderObject>(call) {
    guarded(call.Env(), [&] {
      reader_ = std::make_unique<AudioReader>(source_of(call[0]));
      Napi::Object self = Value();
      self.Set("format", name_of(reader_->format()));
      self.Set("sampleRate", reader_->sample_rate());
      self.Set("channels", reader_->channels());
    });
  }

  static Napi::FunctionReference *define(Napi::Env env) {
    return define_class<AudioReaderObject>(env, "NativeAudioReader",
                                           {InstanceMethod<&AudioReaderObject::read>("read"),
                                            InstanceMethod<&AudioReaderObject::close>("close")});
  }

 private:
  static std::unique_ptr<ByteSource> source_of(const Napi::Value &source) {
    if (source.IsString()) return std::make_unique<ByteSource>(path_of(source, "source"));
    const auto bytes = typed_array_of<Napi::Uint8Array>(source, napi_uint8_array, "source",
                                                        "a path or a Uint8Array of an encoded file");
    return std::make_unique<ByteSource>(
        std::vector<uint8_t>(bytes.Data(), bytes.Data() + bytes.ElementLength()));
  }

  Napi::Value read(const Napi::CallbackInfo &call) {
    return guarded(call.Env(), [&]() -> Napi::Value {
      AudioReader &reader = open_or_throw(reader_, "audio reader");
      Napi::Float32Array into = floats_of(call[0], "into");
      if (into.ElementLength() == 0) throw invalid("into", "a Float32Array with room for samples");
      const std::vector<float> samples = reader.read(into.ElementLength());
      std::copy(samples.begin(), samples.end(), into.Data());
      return Napi::Number::New(call.Env(), static_cast<double>(samples.size()));
    });
  }

  Napi::Value close(const Napi::CallbackInfo &call) {
    reader_.reset();
    return call.Env().Undefined();
  }

  std::unique_ptr<AudioReader> reader_;
};

class PcmConverterObject : public Napi::ObjectWrap<PcmConverterObject> {
 public:
  explicit PcmConverterObject(const Napi::CallbackInfo &call) : Napi::ObjectWrap<PcmConverterObject>(call) {
    guarded(call.Env(), [&] {
      const Napi::Object format = object_of(call[0], "format");
      const std::string encoding = string_of(format.Get("encoding"), "encoding");
      if (encoding != "f32" && encoding != "s16") throw invalid("encoding", "f32 or s16");
      float_samples_ = encoding == "f32";
      const int sample_rate = int_of(format.Get("sampleRate"), "sampleRate", 1, Resampler::kHighestRate);
      const int channels = int_of(format.Get("channels"), "channels", 1, PcmConverter::kMostChannels);
      converter_ =
          std::make_unique<PcmConverter>(static_cast<uint32_t>(sample_rate), static_cast<uint32_t>(channels));
    });
  }

  static Napi::FunctionReference *define(Napi::Env env) {
    return define_class<PcmConverterObject>(env, "NativePcmConverter",
                                            {InstanceMethod<&PcmConverterObject::convert>("convert"),
                                             InstanceMethod<&PcmConverterObject::close>("close")});
  }

 private:
  Napi::Value convert(const Napi::CallbackInfo &call) {
    return guarded(call.Env(), [&]() -> Napi::Value {
      PcmConverter &converter = open_or_throw(converter_, "converter");
      const bool last = bool_of(call[1], "last");
      if (float_samples_) {
        const Napi::Float32Array samples = floats_of(call[0], "samples");
        return floats_js(call.Env(), converter.convert(samples.Data(), samples.ElementLength(), last));
      }
      const auto samples =
          typed_array_of<Napi::Int16Array>(call[0], napi_int16_array, "samples", "an Int16Array");
      return floats_js(call.Env(), converter.convert(samples.Data(), samples.ElementLength(), last));
    });
  }

  Napi::Value close(const Napi::CallbackInfo &call) {
    converter_.reset();
    return call.Env().Undefined();
  }

  bool float_samples_ = false;
  std::unique_ptr<PcmConverter> converter_;
};

// A function of one argument that constructs the class of `constructor` with it.
void export_opener(Napi::Env env, Napi::Object exports, const char *name,
                   Napi::FunctionReference *constructor) {
  const auto open = [](const Napi::CallbackInfo &call) -> Napi::Value {
    return static_cast<Napi::FunctionReference *>(call.Data())->New({call[0]});
  };
  exports.Set(name, Napi::Function::New(env, open, name, constructor));
}

}  // namespace

void register_audio_classes(Napi::Env env, Napi::Object exports) {
  export_opener(env, exports, "openVad", VadObject::define(env));
  export_opener(env, exports, "openAudio", AudioReaderObject::define(env));
  export_opener(env, exports, "openPcm", PcmConverterObject::define(env));
}

}  // namespace whisperpool::binding
