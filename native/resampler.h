#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace whisperpool {

// Mono audio at any rate to 16 kHz, as a stream. A windowed sinc (Kaiser, 80 dB): flat to 7.1 kHz (or to 0.89
// of the input's own Nyquist frequency, if that is lower), nothing above 8 kHz. No delay: output sample k is
// input time k / 16000 s, and n input samples give ceil(n · 16000 / rate). Where the blocks are cut does not
// change one bit of the output. At 16 kHz the samples pass through untouched.
//
// miniaudio's linear resampler was measured first: at its steepest low-pass a 10 kHz tone sampled at 48 kHz
// comes out at −20 dB, and a 7 kHz tone at 44.1 kHz brings images at −29 dB.
class Resampler {
 public:
  static constexpr uint32_t kOutputRate = 16000;
  static constexpr uint32_t kHighestRate = 384000;

  // `input_rate` is 1 … kHighestRate samples per second. At 1 Hz the output lags 48 s behind the input: the
  // filter looks 48 samples of the lower of the two rates ahead.
  explicit Resampler(uint32_t input_rate);

  // Appends what `samples` makes computable to `output`.
  void push(const float *samples, size_t count, std::vector<float> &output);

  // Appends the rest of the stream. Nothing may be pushed afterwards.
  void finish(std::vector<float> &output);

 private:
  void build_rows();
  float at_window() const;
  void drain(std::vector<float> &output);

  // Output sample k lies at k · numerator / denominator input samples.
  uint32_t numerator_;
  uint32_t denominator_;
  size_t half_ = 0;  // filter taps on each side
  // Filters for `row_count_` fractions of a sample, plus one for a whole sample; in between they are
  // interpolated.
  uint32_t row_count_ = 0;
  std::vector<float> rows_;
  std::vector<float> history_;
  size_t window_ = 0;   // where in `history_` the filter of the next output sample begins
  uint32_t phase_ = 0;  // the fraction behind it, in 1 / denominator_
};

}  // namespace whisperpool
