#include "mel_spectrogram.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace whisperpool {
namespace {

constexpr int kWindow = 400;  // samples: 25 ms
constexpr int kHop = 160;
constexpr int kHalf = kWindow / 2;
constexpr int kBins = kHalf + 1;
constexpr int kSilence = 30 * 16000;
constexpr double kFloor = 1e-10;
constexpr double kPi = 3.14159265358979323846;

constexpr int kLanes = 8;  // windows that go through the transform side by side
using Lanes = std::array<float, kLanes>;
struct Complex {
  Lanes real, imaginary;
};
using Spectrum = std::array<Complex, kHalf>;

struct Turn {
  float cosine, sine;
};
Turn turn(int part, int whole) {
  const double angle = -2 * kPi * part / whole;
  return {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
}

// One step of Stockham's transform: `kHalf` numbers as interleaved transforms of `Radix * rest` numbers, of which
// `done` are finished side by side.
template <int Radix>
class Stage {
 public:
  Stage(int length, int done) : rest_(length / Radix), done_(done) {
    for (int j = 0; j < Radix; ++j) {
      for (int k = 0; k < Radix; ++k) roots_[j][k] = turn(j * k % Radix, Radix);
    }
    for (int p = 0; p < rest_; ++p) {
      for (int k = 0; k < Radix; ++k) turns_[p * Radix + k] = turn(p * k, length);
    }
  }

  void run(const Spectrum &from, Spectrum &to) const {
    for (int p = 0; p < rest_; ++p) {
      for (int q = 0; q < done_; ++q) {
        for (int k = 0; k < Radix; ++k) {
          Complex sum{};
          for (int j = 0; j < Radix; ++j) add_turned(from[q + done_ * (p + rest_ * j)], roots_[j][k], sum);
          Complex &out = to[q + done_ * (Radix * p + k)];
          out = {};
          add_turned(sum, turns_[p * Radix + k], out);
        }
      }
    }
  }

 private:
  static void add_turned(const Complex &value, const Turn &by, Complex &sum) {
    for (int lane = 0; lane < kLanes; ++lane) {
      sum.real[lane] += value.real[lane] * by.cosine - value.imaginary[lane] * by.sine;
      sum.imaginary[lane] += value.real[lane] * by.sine + value.imaginary[lane] * by.cosine;
    }
  }

  int rest_, done_;
  std::array<std::array<Turn, Radix>, Radix> roots_;
  std::array<Turn, kHalf> turns_;
};

// The power of each frequency of real windows: a complex transform of half their length, whose real and imaginary parts
// are the even and the odd samples, and then taken apart.
class PowerTransform {
 public:
  PowerTransform() {
    for (int k = 0; k < kBins; ++k) turns_[k] = turn(k, kWindow);
    for (int n = 0; n < kWindow; ++n) hann_[n] = static_cast<float>(0.5 * (1 - std::cos(2 * kPi * n / kWindow)));
  }

  // `windows[lane]` points to 400 samples; `power` gets 201 numbers for each lane.
  void run(const std::array<const float *, kLanes> &windows, std::array<Lanes, kBins> &power) const {
    Spectrum even, odd;
    for (int n = 0; n < kHalf; ++n) {
      for (int lane = 0; lane < kLanes; ++lane) {
        even[n].real[lane] = windows[lane][2 * n] * hann_[2 * n];
        even[n].imaginary[lane] = windows[lane][2 * n + 1] * hann_[2 * n + 1];
      }
    }
    first_.run(even, odd);
    second_.run(odd, even);
    third_.run(even, odd);
    fourth_.run(odd, even);
    for (int k = 0; k < kBins; ++k) {
      const Complex &low = even[k % kHalf];
      const Complex &high = even[(kHalf - k) % kHalf];
      const Turn by = turns_[k];
      for (int lane = 0; lane < kLanes; ++lane) {
        const float even_real = low.real[lane] + high.real[lane];
        const float even_imaginary = low.imaginary[lane] - high.imaginary[lane];
        const float odd_real = low.imaginary[lane] + high.imaginary[lane];
        const float odd_imaginary = high.real[lane] - low.real[lane];
        const float real = even_real + odd_real * by.cosine - odd_imaginary * by.sine;
        const float imaginary = even_imaginary + odd_real * by.sine + odd_imaginary * by.cosine;
        power[k][lane] = 0.25f * (real * real + imaginary * imaginary);
      }
    }
  }

 private:
  Stage<5> first_{200, 1};
  Stage<5> second_{40, 5};
  Stage<4> third_{8, 25};
  Stage<2> fourth_{2, 100};
  std::array<Turn, kBins> turns_;
  std::array<float, kWindow> hann_;
};

// The frequencies with a weight in each band: a few of the 201.
struct Band {
  int first = 0, end = 0;
};
std::vector<Band> bands_of(const MelFilters &filters) {
  std::vector<Band> bands(filters.bands);
  for (int band = 0; band < filters.bands; ++band) {
    const float *weights = filters.weights.data() + band * kBins;
    Band &found = bands[band];
    while (found.first < kBins && weights[found.first] == 0) ++found.first;
    found.end = kBins;
    while (found.end > found.first && weights[found.end - 1] == 0) --found.end;
  }
  return bands;
}

// Half a window before the first sample, mirrored, and silence after the last.
std::vector<float> padded_for_windows(const float *samples, size_t count) {
  std::vector<float> padded(count + kWindow + kHop * kLanes);
  std::reverse_copy(samples + 1, samples + 1 + kHalf, padded.begin());
  std::copy(samples, samples + count, padded.begin() + kHalf);
  return padded;
}

}  // namespace

MelSpectrogram mel_spectrogram(const float *samples, size_t count, const MelFilters &filters) {
  static const PowerTransform transform;
  const std::vector<float> padded = padded_for_windows(samples, count);
  const std::vector<Band> bands = bands_of(filters);
  const int length = static_cast<int>(count);

  MelSpectrogram mel;
  mel.frames = (length + kSilence) / kHop;
  mel.spoken_frames = 1 + (length + kHalf - kWindow) / kHop;
  mel.values.assign(static_cast<size_t>(filters.bands) * mel.frames, static_cast<float>(std::log10(kFloor)));
  const int heard = std::min((length + kHalf) / kHop + 1, mel.frames);
  std::array<Lanes, kBins> power;
  for (int frame = 0; frame < heard; frame += kLanes) {
    const int lanes = std::min(kLanes, heard - frame);
    std::array<const float *, kLanes> windows;
    for (int lane = 0; lane < kLanes; ++lane) windows[lane] = padded.data() + (frame + std::min(lane, lanes - 1)) * kHop;
    transform.run(windows, power);
    for (int band = 0; band < filters.bands; ++band) {
      const float *weights = filters.weights.data() + band * kBins;
      Lanes sum{};
      for (int k = bands[band].first; k < bands[band].end; ++k) {
        for (int lane = 0; lane < kLanes; ++lane) sum[lane] += power[k][lane] * weights[k];
      }
      float *out = mel.values.data() + static_cast<size_t>(band) * mel.frames + frame;
      for (int lane = 0; lane < lanes; ++lane) {
        out[lane] = static_cast<float>(std::log10(std::max(static_cast<double>(sum[lane]), kFloor)));
      }
    }
  }
  const float lowest = *std::max_element(mel.values.begin(), mel.values.end()) - 8.0f;
  for (float &value : mel.values) value = (std::max(value, lowest) + 4.0f) / 4.0f;
  return mel;
}

}  // namespace whisperpool
