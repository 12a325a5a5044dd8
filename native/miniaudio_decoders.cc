// wav, mp3 and flac. The only translation unit with miniaudio's implementation in it. Its dr_* decoders are
// used directly: the ma_decoder above them hides what is wrong with a file.
#define MA_NO_DEVICE_IO
#define MA_NO_THREADING
#define MA_NO_ENGINE
#define MA_NO_NODE_GRAPH
#define MA_NO_RESOURCE_MANAGER
#define MA_NO_GENERATION
#define MA_NO_ENCODING
#define MA_API static
#define MINIAUDIO_IMPLEMENTATION
#include "miniaudio.h"

#include <algorithm>
#include <cstring>

#include "audio_decoder.h"
#include "native_error.h"

namespace whisperpool {
namespace {

NativeError broken(const char *what) { return NativeError("AUDIO_BROKEN", std::string(what) + "."); }

size_t read_source(void *source, void *target, size_t count) {
  return static_cast<ByteSource *>(source)->read(target, count);
}

ma_bool32 tell_source(void *source, ma_int64 *position) {
  *position = static_cast<ByteSource *>(source)->position();
  return *position >= 0;
}

// dr_wav, dr_mp3 and dr_flac each have an enumeration of their own: SET, CUR, END.
template <typename Origin>
ma_bool32 seek_source(void *opaque, int offset, Origin origin) {
  ByteSource &source = *static_cast<ByteSource *>(opaque);
  const int64_t base = origin == 0 ? 0 : origin == 1 ? source.position() : source.size();
  return source.seek(base + offset);
}
static_assert(MA_DR_WAV_SEEK_SET == 0 && MA_DR_WAV_SEEK_CUR == 1 && MA_DR_WAV_SEEK_END == 2);
static_assert(MA_DR_MP3_SEEK_SET == 0 && MA_DR_MP3_SEEK_CUR == 1 && MA_DR_MP3_SEEK_END == 2);
static_assert(MA_DR_FLAC_SEEK_SET == 0 && MA_DR_FLAC_SEEK_CUR == 1 && MA_DR_FLAC_SEEK_END == 2);

class WavDecoder final : public AudioDecoder {
 public:
  explicit WavDecoder(ByteSource &source) {
    ma_dr_wav_fmt seen = {};
    if (!ma_dr_wav_init_ex(&wav_, read_source, seek_source, tell_source, remember_header, &source, &seen, 0,
                           nullptr)) {
      if (seen.formatTag != 0 && !is_built_in(seen)) throw unsupported_codec();
      if (seen.formatTag != 0 && seen.channels == 0) throw broken("The wav file's header says 0 channels");
      if (seen.formatTag != 0 && seen.sampleRate == 0)
        throw broken("The wav file's header says 0 samples a second");
      throw broken("The wav file has no valid format header or no data chunk");
    }
    if (!is_built_in(wav_.fmt)) {
      ma_dr_wav_uninit(&wav_);
      throw unsupported_codec();
    }
    adopt_unfinished(source);
    sample_rate = wav_.sampleRate;
    channels = wav_.channels;
    has_payload = wav_.dataChunkDataSize > 0;
  }
  ~WavDecoder() override { ma_dr_wav_uninit(&wav_); }

  size_t read(float *target, size_t frames) override {
    return static_cast<size_t>(ma_dr_wav_read_pcm_frames_f32(&wav_, frames, target));
  }

 private:
  static NativeError unsupported_codec() {
    return NativeError("AUDIO_UNSUPPORTED", "The wav file holds a compressed codec that is not built in.");
  }

  static uint16_t codec_of(const ma_dr_wav_fmt &header) {
    if (header.formatTag != MA_DR_WAVE_FORMAT_EXTENSIBLE) return header.formatTag;
    return static_cast<uint16_t>(header.subFormat[0] | header.subFormat[1] << 8);
  }

  static bool is_built_in(const ma_dr_wav_fmt &header) {
    switch (codec_of(header)) {
      case MA_DR_WAVE_FORMAT_PCM:
      case MA_DR_WAVE_FORMAT_IEEE_FLOAT:
      case MA_DR_WAVE_FORMAT_ALAW:
      case MA_DR_WAVE_FORMAT_MULAW:
        return true;
      case MA_DR_WAVE_FORMAT_ADPCM:
      case MA_DR_WAVE_FORMAT_DVI_ADPCM:
        return header.channels <= 2;
      default:
        return false;
    }
  }

  static ma_uint64 remember_header(void *seen, ma_dr_wav_read_proc, ma_dr_wav_seek_proc, void *,
                                   const ma_dr_wav_chunk_header *, ma_dr_wav_container,
                                   const ma_dr_wav_fmt *header) {
    *static_cast<ma_dr_wav_fmt *>(seen) = *header;
    return 0;
  }

  // A recorder that was killed leaves the sizes at 0: everything to the end of the file is audio.
  void adopt_unfinished(ByteSource &source) {
    const uint32_t frame_bytes = ma_dr_wav_get_bytes_per_pcm_frame(&wav_);
    const auto data_begins = static_cast<int64_t>(wav_.dataChunkDataPos);
    if (wav_.dataChunkDataSize > 0 || wav_.container != ma_dr_wav_container_riff || frame_bytes == 0) return;
    uint8_t riff_size[4] = {};
    if (!source.seek(4) || source.read(riff_size, 4) != 4) return;
    const int64_t riff_ends = 8 + static_cast<int64_t>(ma_dr_wav_bytes_to_u32(riff_size));
    if (riff_ends <= data_begins) {
      const auto rest = static_cast<ma_uint64>(source.size() - data_begins);
      wav_.dataChunkDataSize = rest - rest % frame_bytes;
      wav_.bytesRemaining = wav_.dataChunkDataSize;
      wav_.totalPCMFrameCount = rest / frame_bytes;
    }
    source.seek(data_begins);
  }

  ma_dr_wav wav_;
};

class Mp3Decoder final : public AudioDecoder {
 public:
  explicit Mp3Decoder(ByteSource &source) : source_(source) {
    if (!ma_dr_mp3_init(&mp3_, read_source, seek_source, tell_source, nullptr, &source, nullptr)) {
      throw broken("The mp3 file has no frame that can be decoded");
    }
    sample_rate = mp3_.sampleRate;
    channels = mp3_.channels;
    has_payload = true;
  }
  ~Mp3Decoder() override { ma_dr_mp3_uninit(&mp3_); }

  size_t read(float *target, size_t frames) override {
    const ma_uint64 count = ma_dr_mp3_read_pcm_frames_f32(&mp3_, frames, target);
    if (count > 0 || !more_than_declared()) return static_cast<size_t>(count);
    mp3_.totalPCMFrameCount = MA_UINT64_MAX;
    return static_cast<size_t>(ma_dr_mp3_read_pcm_frames_f32(&mp3_, frames, target));
  }

 private:
  // Files that were joined keep the first one's Xing header, whose frame count would end the audio there.
  bool more_than_declared() const {
    constexpr int64_t kTrailingBytes = 4096;
    return mp3_.totalPCMFrameCount != MA_UINT64_MAX && mp3_.currentPCMFrame > 0 &&
           source_.size() - source_.position() + static_cast<int64_t>(mp3_.dataSize) > kTrailingBytes;
  }

  ByteSource &source_;
  ma_dr_mp3 mp3_;
};

class FlacDecoder final : public AudioDecoder {
 public:
  explicit FlacDecoder(ByteSource &source)
      : flac_(ma_dr_flac_open(read_source, seek_source, tell_source, &source, nullptr)) {
    if (!flac_) throw broken("The flac file's header is not valid");
    sample_rate = flac_->sampleRate;
    channels = flac_->channels;
    has_payload = static_cast<int64_t>(flac_->firstFLACFramePosInBytes) < source.size();
  }

  size_t read(float *target, size_t frames) override {
    return static_cast<size_t>(ma_dr_flac_read_pcm_frames_f32(flac_.get(), frames, target));
  }

 private:
  struct Closer {
    void operator()(ma_dr_flac *flac) const { ma_dr_flac_close(flac); }
  };
  std::unique_ptr<ma_dr_flac, Closer> flac_;
};

}  // namespace

std::unique_ptr<AudioDecoder> open_wav(ByteSource &source) { return std::make_unique<WavDecoder>(source); }
std::unique_ptr<AudioDecoder> open_mp3(ByteSource &source) { return std::make_unique<Mp3Decoder>(source); }
std::unique_ptr<AudioDecoder> open_flac(ByteSource &source) { return std::make_unique<FlacDecoder>(source); }

}  // namespace whisperpool
