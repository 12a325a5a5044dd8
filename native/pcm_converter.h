#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "resampler.h"

namespace whisperpool {

// Raw interleaved samples of one stream, in blocks of any size, to 16 kHz mono. Channels are averaged; 16-bit
// samples are scaled to −1 … 1. A block may end within a frame; an unfinished frame at the end of the stream
// is dropped.
class PcmConverter {
 public:
  static constexpr uint32_t kMostChannels = 64;

  // Throws NativeError OPTION_INVALID unless the rate is 1 … 384,000 and there are 1 … 64 channels.
  PcmConverter(uint32_t sample_rate, uint32_t channels);

  // `last` ends the stream: it gives out what the resampler still holds, and nothing may follow.
  // Throws NativeError AUDIO_INVALID, naming the sample, when one is not finite or is beyond ±1e9 (a float
  // that is not audio; squared it would overflow later); OPTION_INVALID after the end, and for a block whose
  // output would not fit in 1 GiB. A block that throws is not taken.
  std::vector<float> convert(const float *samples, size_t count, bool last);
  std::vector<float> convert(const int16_t *samples, size_t count, bool last);

 private:
  template <typename Sample>
  std::vector<float> convert_block(const Sample *samples, size_t count, bool last);

  uint32_t sample_rate_;
  uint32_t channels_;
  Resampler resampler_;
  uint64_t samples_taken_ = 0;
  uint32_t channel_ = 0;  // of the frame that the last block left unfinished
  float frame_sum_ = 0;
  bool ended_ = false;
};

}  // namespace whisperpool
