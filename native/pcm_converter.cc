#include "pcm_converter.h"

#include <cmath>
#include <string>

#include "native_error.h"

namespace whisperpool {
namespace {

constexpr float kLargestSample = 1e9f;
constexpr uint64_t kMostOutputSamples = (1u << 30) / sizeof(float);

uint32_t checked(uint32_t value, uint32_t most, const char *what) {
  if (value >= 1 && value <= most) return value;
  throw NativeError("OPTION_INVALID", std::string("The ") + what + " must be 1 to " + std::to_string(most) +
                                          "; it is " + std::to_string(value) + ".");
}

void check_samples(const float *samples, size_t count, uint64_t taken_before) {
  for (size_t i = 0; i < count; ++i) {
    if (std::fabs(samples[i]) <= kLargestSample) continue;  // false for NaN
    const char *fault = std::isfinite(samples[i]) ? " is beyond ±1e9." : " is not a finite number.";
    throw NativeError("AUDIO_INVALID", "Sample " + std::to_string(taken_before + i) + fault);
  }
}
void check_samples(const int16_t *, size_t, uint64_t) {}

float scaled(float sample) { return sample; }
float scaled(int16_t sample) { return static_cast<float>(sample) / 32768.0f; }

}  // namespace

PcmConverter::PcmConverter(uint32_t sample_rate, uint32_t channels)
    : sample_rate_(checked(sample_rate, Resampler::kHighestRate, "sample rate")),
      channels_(checked(channels, kMostChannels, "number of channels")),
      resampler_(sample_rate_) {}

std::vector<float> PcmConverter::convert(const float *samples, size_t count, bool last) {
  return convert_block(samples, count, last);
}

std::vector<float> PcmConverter::convert(const int16_t *samples, size_t count, bool last) {
  return convert_block(samples, count, last);
}

template <typename Sample>
std::vector<float> PcmConverter::convert_block(const Sample *samples, size_t count, bool last) {
  if (ended_)
    throw NativeError("OPTION_INVALID", "This stream has ended. Open a new converter for the next one.");
  if (count / channels_ > kMostOutputSamples * sample_rate_ / Resampler::kOutputRate) {
    throw NativeError("OPTION_INVALID",
                      "This block is too long to convert at once. Pass it in smaller blocks.");
  }
  check_samples(samples, count, samples_taken_);

  std::vector<float> mono;
  mono.reserve(count / channels_ + 1);
  if (channels_ == 1) {
    for (size_t i = 0; i < count; ++i) mono.push_back(scaled(samples[i]));
  } else {
    for (size_t i = 0; i < count; ++i) {
      frame_sum_ += scaled(samples[i]);
      if (++channel_ < channels_) continue;
      mono.push_back(frame_sum_ / static_cast<float>(channels_));
      frame_sum_ = 0;
      channel_ = 0;
    }
  }
  samples_taken_ += count;
  ended_ = last;

  std::vector<float> output;
  output.reserve(mono.size() * Resampler::kOutputRate / sample_rate_ + 1);
  resampler_.push(mono.data(), mono.size(), output);
  if (last) resampler_.finish(output);
  return output;
}

}  // namespace whisperpool
