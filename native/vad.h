#pragma once
#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "whisper.h"

namespace whisperpool {

// Silero's network for voice activity: weights and buffers, 2.5 MiB, that any number of streams use in turn. One thread at a
// time; on the CPU, on that thread. Measured with one thread: 2.3 ms a second of audio (2.7 ms when called for every
// window alone).
class Vad {
 public:
  // Throws NativeError MODEL_MISSING, MODEL_TRUNCATED, MODEL_CORRUPT, MODEL_UNSUPPORTED or MODEL_LOAD_FAILED.
  explicit Vad(const std::string &path);

  size_t window_samples() const { return 512; }

  // What the network remembers of a stream, as it is before the first sample: 1 KiB.
  std::vector<float> new_memory() const;

  // The probability of speech in each window of 16 kHz mono, continuing from what `memory` remembers; a last partial
  // window is padded with zeros. Throws NativeError AUDIO_INVALID, naming the sample, when one is not finite: it would
  // spoil every later probability. What throws has changed no memory.
  std::vector<float> probabilities(std::vector<float> &memory, const float *samples, size_t count);

 private:
  struct Free {
    void operator()(whisper_vad_context *context) const { whisper_vad_free(context); }
  };
  std::unique_ptr<whisper_vad_context, Free> context_;
};

// One stream that a network listens to.
class VadStream {
 public:
  explicit VadStream(std::shared_ptr<Vad> vad) : vad_(std::move(vad)), memory_(vad_->new_memory()) {}

  std::vector<float> probabilities(const float *samples, size_t count) {
    return vad_->probabilities(memory_, samples, count);
  }

  // Forgets what was heard, for a new stream.
  void reset() { std::fill(memory_.begin(), memory_.end(), 0.0f); }

 private:
  std::shared_ptr<Vad> vad_;
  std::vector<float> memory_;
};

}  // namespace whisperpool
