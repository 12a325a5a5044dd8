#pragma once
#include <memory>
#include <string>
#include <vector>

#include "audio_decoder.h"
#include "audio_format.h"
#include "pcm_converter.h"

namespace whisperpool {

// An encoded file as 16 kHz mono, decoded as it is read: memory does not grow with its length.
// What cannot be decoded at its end (a truncated download) is left out; what comes before is given.
class AudioReader {
 public:
  // Throws NativeError AUDIO_MISSING, AUDIO_UNSUPPORTED, AUDIO_BROKEN or AUDIO_EMPTY.
  explicit AudioReader(std::unique_ptr<ByteSource> source);

  AudioFormat format() const { return format_; }
  uint32_t sample_rate() const { return decoder_->sample_rate; }
  uint32_t channels() const { return decoder_->channels; }

  // Up to `most` samples; an empty vector at the end. Throws NativeError AUDIO_BROKEN for a sample that is
  // not finite.
  std::vector<float> read(size_t most);

 private:
  void decode_block();

  std::unique_ptr<ByteSource> source_;
  AudioFormat format_;
  std::unique_ptr<AudioDecoder> decoder_;
  std::unique_ptr<PcmConverter> converter_;
  std::vector<float> block_;  // decoded, at the file's rate
  std::vector<float> ready_;  // converted, not yet read
  size_t ready_from_ = 0;
  bool ended_ = false;
};

}  // namespace whisperpool
