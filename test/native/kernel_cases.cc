#include <algorithm>
#include <cmath>
#include <vector>

#include "cases.h"
#include "mel_spectrogram.h"
#include "q8_product.h"

namespace whisperpool::test {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr uint16_t kHalves[] = {0x3c00, 0x2e66, 0x0400, 0xb800};  // 1, about 0.1, the smallest normal one, -0.5
constexpr float kScales[] = {1.0f, 0.0999755859375f, 6.103515625e-5f, -0.5f};

struct Factor {
  std::vector<Q8Block> blocks;
  std::vector<float> scales;
};

// Values from -128 on: of the eight bits, all combinations.
Factor factor(int64_t rows, int64_t blocks, uint32_t seed) {
  Factor made{std::vector<Q8Block>(rows * blocks), std::vector<float>(rows * blocks)};
  for (size_t i = 0; i < made.blocks.size(); ++i) {
    const uint32_t kind = (seed = seed * 1664525 + 1013904223) >> 30;
    made.blocks[i].scale = kHalves[kind];
    made.scales[i] = kScales[kind];
    for (int8_t &value : made.blocks[i].value) {
      value = static_cast<int8_t>((seed = seed * 1664525 + 1013904223) >> 24);
    }
  }
  return made;
}

void expect_product(int64_t rows, int64_t columns, int64_t blocks, int threads) {
  const Factor a = factor(rows, blocks, 1);
  const Factor b = factor(columns, blocks, 2);
  const int64_t stride = rows + 3;
  const float untouched = -7;
  std::vector<float> product(stride * columns, untouched);
  for (int thread = 0; thread < threads; ++thread) {
    if (!multiply_q8(a.blocks.data(), blocks, rows, b.blocks.data(), blocks, columns, blocks, product.data(), stride,
                     thread, threads)) {
      return;  // no kernel for this machine, or for so few columns
    }
  }
  for (int64_t j = 0; j < columns; ++j) {
    for (int64_t i = 0; i < stride; ++i) {
      double sum = 0, size = 0;
      for (int64_t block = 0; block < blocks && i < rows; ++block) {
        int dot = 0;
        for (int v = 0; v < 32; ++v) dot += a.blocks[i * blocks + block].value[v] * b.blocks[j * blocks + block].value[v];
        const double part = static_cast<double>(dot) * a.scales[i * blocks + block] * b.scales[j * blocks + block];
        sum += part;
        size += std::abs(part);
      }
      const double measured = product[j * stride + i];
      const double expected = i < rows ? sum : untouched;
      expect(std::abs(measured - expected) <= 1e-5 * size, "the product at " + std::to_string(i) + ", " +
                                                               std::to_string(j) + " is " + std::to_string(measured) +
                                                               ", not " + std::to_string(expected));
    }
  }
}

// By the definition, one frequency after the other.
double power_at(const std::vector<float> &padded, int frame, int frequency) {
  double real = 0, imaginary = 0;
  for (int n = 0; n < 400; ++n) {
    const double value = padded[frame * 160 + n] * 0.5 * (1 - std::cos(2 * kPi * n / 400));
    real += value * std::cos(2 * kPi * n * frequency / 400);
    imaginary -= value * std::sin(2 * kPi * n * frequency / 400);
  }
  return real * real + imaginary * imaginary;
}

}  // namespace

CASE("the product of eight-bit numbers is the sum of their products, whatever the shape and the threads") {
  for (const int64_t rows : {1, 15, 16, 17, 48}) {
    for (const int64_t columns : {8, 9, 15, 20}) {
      for (const int64_t blocks : {1, 12}) {
        for (const int threads : {1, 2, 5}) expect_product(rows, columns, blocks, threads);
      }
    }
  }
}

CASE("a spectrogram is the logarithm of each band's power, within 8 of the loudest, with 30 s of silence behind it") {
  const int bands = 3;
  std::vector<float> weights(bands * 201, 0.0f);
  weights[0 * 201 + 0] = 0.5f;  // the lowest frequency
  for (int k = 20; k < 40; ++k) weights[1 * 201 + k] = 0.01f * static_cast<float>(k);
  weights[2 * 201 + 199] = 0.25f;
  weights[2 * 201 + 200] = 1.0f;  // the highest
  for (const size_t count : {size_t{17600}, size_t{20001}}) {
    std::vector<float> samples(count);
    uint32_t seed = 3;
    for (float &sample : samples) {
      sample = static_cast<float>(static_cast<int32_t>(seed = seed * 1664525 + 1013904223)) / 2147483648.0f;
    }
    const MelSpectrogram mel = mel_spectrogram(samples.data(), count, {bands, weights});
    expect(mel.frames == static_cast<int>(count + 480000) / 160, "its frames");
    expect(mel.spoken_frames == 1 + (static_cast<int>(count) - 200) / 160, "its spoken frames");

    std::vector<float> padded(count + 1200, 0.0f);
    std::reverse_copy(samples.begin() + 1, samples.begin() + 201, padded.begin());
    std::copy(samples.begin(), samples.end(), padded.begin() + 200);
    const int last = static_cast<int>(count + 200) / 160;
    std::vector<double> expected(bands * (last + 1));
    double loudest = -10;
    for (int band = 0; band < bands; ++band) {
      for (int frame = 0; frame <= last; ++frame) {
        double power = 0;
        for (int k = 0; k < 201; ++k) {
          if (weights[band * 201 + k] != 0) power += weights[band * 201 + k] * power_at(padded, frame, k);
        }
        expected[band * (last + 1) + frame] = std::log10(std::max(power, 1e-10));
        loudest = std::max(loudest, expected[band * (last + 1) + frame]);
      }
    }
    for (int band = 0; band < bands; ++band) {
      for (int frame = 0; frame < mel.frames; ++frame) {
        const double raw = frame <= last ? expected[band * (last + 1) + frame] : -10;
        const double value = (std::max(raw, loudest - 8) + 4) / 4;
        expect_between<double>(mel.values[static_cast<size_t>(band) * mel.frames + frame], value - 2e-4, value + 2e-4,
                               "band " + std::to_string(band) + " of frame " + std::to_string(frame));
      }
    }
  }
}

}  // namespace whisperpool::test
