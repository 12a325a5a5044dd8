#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

// Test signals and how to measure them.
namespace whisperpool::test {

constexpr double kPi = 3.14159265358979323846;

inline std::vector<float> tone(double hertz, double rate, size_t samples, double amplitude = 0.5) {
  std::vector<float> signal(samples);
  for (size_t i = 0; i < samples; ++i) {
    signal[i] = static_cast<float>(amplitude * std::sin(2 * kPi * hertz * static_cast<double>(i) / rate));
  }
  return signal;
}

// Root mean square of the middle of `signal` (its ends are the edges of a filter) over that of a 0.5 sine, in
// decibels.
inline double level_decibels(const std::vector<float> &signal) {
  const size_t edge = signal.size() / 8;
  double sum = 0;
  for (size_t i = edge; i < signal.size() - edge; ++i) sum += static_cast<double>(signal[i]) * signal[i];
  const double mean = sum / static_cast<double>(signal.size() - 2 * edge);
  return 10 * std::log10(std::max(mean, 1e-20) / 0.125);
}

inline std::vector<float> difference(const std::vector<float> &a, const std::vector<float> &b) {
  std::vector<float> result(std::min(a.size(), b.size()));
  for (size_t i = 0; i < result.size(); ++i) result[i] = a[i] - b[i];
  return result;
}

}  // namespace whisperpool::test
