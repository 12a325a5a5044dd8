#include "resampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace whisperpool {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kZeroCrossings = 48;        // per side; sets the width of the transition band
constexpr double kKaiserBeta = 7.857;        // 80 dB
constexpr double kTransition = 0.1057;       // of the Nyquist frequency, for 96 taps at 80 dB
constexpr uint32_t kMostExactRows = 640;     // enough for every rate in use: 11.025 kHz needs 640
constexpr uint32_t kInterpolatedRows = 512;  // linear interpolation between so many errs by less than −110 dB
constexpr size_t kLanes = 8;

double bessel_i0(double x) {
  double sum = 1, term = 1;
  for (int k = 1; term > sum * 1e-12; ++k) {
    term *= (x / (2 * k)) * (x / (2 * k));
    sum += term;
  }
  return sum;
}

double kernel(double x, double half, double cutoff) {
  const double edge = x / half;
  if (std::abs(edge) >= 1) return 0;
  const double window = bessel_i0(kKaiserBeta * std::sqrt(1 - edge * edge));
  const double angle = kPi * cutoff * x;
  return window * (std::abs(angle) < 1e-9 ? 1 : std::sin(angle) / angle);
}

// Separate sums, so that the compiler can use vector instructions without reordering a float sum.
float dot(const float *a, const float *b, size_t count) {
  float sums[kLanes] = {};
  for (size_t i = 0; i < count; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

}  // namespace

Resampler::Resampler(uint32_t input_rate) {
  const uint32_t divisor = std::gcd(input_rate, kOutputRate);
  numerator_ = input_rate / divisor;
  denominator_ = kOutputRate / divisor;
  if (numerator_ == denominator_) return;
  build_rows();
  history_.assign(half_ - 1, 0.0f);
}

void Resampler::build_rows() {
  const double nyquist = std::min(1.0, static_cast<double>(denominator_) / numerator_);
  const double cutoff = nyquist * (1 - kTransition / 2);
  // Rounded up so that both halves together fill the lanes of `dot`.
  half_ = (static_cast<size_t>(std::ceil(kZeroCrossings / nyquist)) + 3) / 4 * 4;
  row_count_ = denominator_ <= kMostExactRows ? denominator_ : kInterpolatedRows;

  const size_t taps = 2 * half_;
  rows_.resize((row_count_ + 1) * taps);
  std::vector<double> row(taps);
  for (uint32_t r = 0; r <= row_count_; ++r) {
    const double fraction = static_cast<double>(r) / row_count_;
    for (size_t tap = 0; tap < taps; ++tap) {
      const double distance = static_cast<double>(tap) - static_cast<double>(half_ - 1) - fraction;
      row[tap] = kernel(distance, static_cast<double>(half_), cutoff);
    }
    const double gain = std::accumulate(row.begin(), row.end(), 0.0);
    for (size_t tap = 0; tap < taps; ++tap) rows_[r * taps + tap] = static_cast<float>(row[tap] / gain);
  }
}

float Resampler::at_window() const {
  const size_t taps = 2 * half_;
  const float *samples = history_.data() + window_;
  const uint64_t scaled = static_cast<uint64_t>(phase_) * row_count_;
  const float *row = rows_.data() + (scaled / denominator_) * taps;
  const float low = dot(samples, row, taps);
  if (row_count_ == denominator_) return low;
  const float between = static_cast<float>(scaled % denominator_) / static_cast<float>(denominator_);
  return low + (dot(samples, row + taps, taps) - low) * between;
}

void Resampler::drain(std::vector<float> &output) {
  while (window_ + 2 * half_ <= history_.size()) {
    output.push_back(at_window());
    window_ += numerator_ / denominator_;
    phase_ += numerator_ % denominator_;
    if (phase_ >= denominator_) {
      phase_ -= denominator_;
      ++window_;
    }
  }
  const size_t used = std::min(window_, history_.size());
  history_.erase(history_.begin(), history_.begin() + static_cast<std::ptrdiff_t>(used));
  window_ -= used;
}

void Resampler::push(const float *samples, size_t count, std::vector<float> &output) {
  if (half_ == 0) {
    output.insert(output.end(), samples, samples + count);
    return;
  }
  history_.insert(history_.end(), samples, samples + count);
  drain(output);
}

void Resampler::finish(std::vector<float> &output) {
  if (half_ == 0) return;
  history_.insert(history_.end(), half_, 0.0f);
  drain(output);
}

}  // namespace whisperpool
