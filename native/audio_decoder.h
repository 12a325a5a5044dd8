#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

#include "byte_source.h"

namespace whisperpool {

// Decodes one format, a block at a time, to interleaved samples at the file's own rate. The source must
// outlive it.
class AudioDecoder {
 public:
  virtual ~AudioDecoder() = default;
  uint32_t sample_rate = 0;
  uint32_t channels = 0;
  // Encoded audio follows the headers; when nothing can be decoded from it, the file is broken and not just
  // empty.
  bool has_payload = false;

  // Up to `frames` frames into `target`; 0 at the end, or where the file stops making sense.
  virtual size_t read(float *target, size_t frames) = 0;
};

// Each throws NativeError AUDIO_BROKEN when the headers make no sense, AUDIO_UNSUPPORTED when they ask for a
// codec that is not built in. Zero or absurd rates and channel counts are left for the caller to refuse.
std::unique_ptr<AudioDecoder> open_wav(ByteSource &source);   // miniaudio_decoders.cc
std::unique_ptr<AudioDecoder> open_mp3(ByteSource &source);   // miniaudio_decoders.cc
std::unique_ptr<AudioDecoder> open_flac(ByteSource &source);  // miniaudio_decoders.cc
std::unique_ptr<AudioDecoder> open_ogg(ByteSource &source);   // ogg_decoder.cc

}  // namespace whisperpool
