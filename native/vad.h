#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "whisper.h"

namespace whisperpool {

// Silero voice activity detection over one stream of 16 kHz mono. One thread at a time; on the CPU, on that
// thread. Measured with one thread: 2.3 ms a second of audio (2.7 ms when called for every window alone).
class Vad {
 public:
  // Throws NativeError MODEL_MISSING, MODEL_TRUNCATED, MODEL_CORRUPT, MODEL_UNSUPPORTED or MODEL_LOAD_FAILED.
  explicit Vad(const std::string &path);

  size_t window_samples() const { return 512; }

  // The probability of speech in each window, continuing from the last call; a last partial window is padded
  // with zeros. Throws NativeError AUDIO_INVALID, naming the sample, when one is not finite: it would spoil
  // every later probability.
  std::vector<float> probabilities(const float *samples, size_t count);

  // Forgets what was heard, for a new stream.
  void reset();

 private:
  struct Free {
    void operator()(whisper_vad_context *context) const { whisper_vad_free(context); }
  };
  std::unique_ptr<whisper_vad_context, Free> context_;
};

}  // namespace whisperpool
