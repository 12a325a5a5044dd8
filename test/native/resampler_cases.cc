#include <limits>

#include "cases.h"
#include "pcm_converter.h"
#include "signals.h"

namespace whisperpool::test {
namespace {

std::vector<float> converted(const std::vector<float> &samples, uint32_t rate, uint32_t channels = 1) {
  return PcmConverter(rate, channels).convert(samples.data(), samples.size(), true);
}

// In blocks of a size that changes all the time.
std::vector<float> converted_in_blocks(const std::vector<float> &samples, uint32_t rate, uint32_t channels) {
  PcmConverter converter(rate, channels);
  std::vector<float> all;
  size_t from = 0;
  for (uint32_t seed = 7; from < samples.size(); seed = seed * 1664525 + 1013904223) {
    const size_t count = std::min<size_t>(samples.size() - from, (seed >> 8) % 700);
    const std::vector<float> block = converter.convert(samples.data() + from, count, false);
    all.insert(all.end(), block.begin(), block.end());
    from += count;
  }
  const std::vector<float> rest = converter.convert(samples.data(), 0, true);
  all.insert(all.end(), rest.begin(), rest.end());
  return all;
}

constexpr uint32_t kRates[] = {8000,  11025, 12000, 16001, 22050,  24000,
                               32000, 44100, 48000, 96000, 192000, 383999};

CASE("samples that are 16 kHz mono already pass through bit by bit") {
  std::vector<float> samples = tone(440, 16000, 5000);
  samples[7] = -0.0f;
  samples[8] = std::numeric_limits<float>::denorm_min();
  const std::vector<float> output = converted(samples, 16000);
  expect(output.size() == samples.size(), "the length changed");
  for (size_t i = 0; i < output.size(); ++i) {
    expect(output[i] == samples[i] && std::signbit(output[i]) == std::signbit(samples[i]),
           "a sample changed");
  }
}

CASE("where blocks are cut does not change one sample") {
  for (const uint32_t rate : kRates) {
    const std::vector<float> samples = tone(rate / 11.0, rate, 20011);
    expect(converted(samples, rate) == converted_in_blocks(samples, rate, 1), std::to_string(rate) + " Hz");
    expect(converted(samples, rate, 3) == converted_in_blocks(samples, rate, 3),
           std::to_string(rate) + " Hz, 3 channels");
  }
}

CASE("n samples at any rate become n · 16000 / rate, rounded up") {
  for (const uint32_t rate : kRates) {
    for (const size_t count : {size_t{0}, size_t{1}, size_t{2}, size_t{997}, size_t{rate} + 1}) {
      const size_t expected = (count * 16000 + rate - 1) / rate;
      expect_between(converted(std::vector<float>(count, 0.25f), rate).size(), expected, expected,
                     std::to_string(count) + " samples at " + std::to_string(rate) + " Hz");
    }
  }
}

CASE("tones below 7 kHz keep their level, phase and shape; what 16 kHz cannot hold is gone") {
  for (const uint32_t rate : kRates) {
    for (const double hertz : {100.0, 440.0, 1000.0, 3400.0, 5000.0, 7000.0}) {
      if (hertz > rate * 0.44) continue;
      const std::vector<float> ideal = tone(hertz, 16000, 16000);
      const double error = level_decibels(difference(converted(tone(hertz, rate, rate), rate), ideal));
      expect_between(error, -300.0, -75.0,
                     std::to_string(hertz) + " Hz at " + std::to_string(rate) + ": error in dB");
    }
    for (const double hertz : {8100.0, 9000.0, 10000.0, 15000.0, 20000.0}) {
      if (hertz > rate * 0.5) continue;
      const double level = level_decibels(converted(tone(hertz, rate, rate), rate));
      expect_between(level, -300.0, -75.0,
                     std::to_string(hertz) + " Hz at " + std::to_string(rate) + ": level in dB");
    }
  }
}

CASE("the lowest and the highest rate work") {
  const std::vector<float> slow = converted({0.5f, 0.5f, 0.5f}, 1);
  expect(slow.size() == 48000, "3 s at 1 Hz are not 3 s");
  expect_between(slow[20000], 0.25f, 0.75f, "a constant at 1 Hz");
  const double error =
      level_decibels(difference(converted(tone(1000, 384000, 384000), 384000), tone(1000, 16000, 16000)));
  expect_between(error, -300.0, -75.0, "1 kHz at 384 kHz: error in dB");
}

CASE("channels are averaged, also when a block ends within a frame") {
  std::vector<float> samples;
  for (int frame = 0; frame < 100; ++frame) {
    for (int channel = 0; channel < 64; ++channel) samples.push_back(channel < 32 ? 0.5f : 0.25f);
  }
  samples.push_back(0.5f);  // an unfinished frame
  const std::vector<float> output = converted_in_blocks(samples, 16000, 64);
  expect(output == std::vector<float>(100, 0.375f), "64 channels");
}

CASE("16-bit samples are scaled to -1 … 1") {
  const int16_t samples[] = {-32768, -16384, 0, 16384, 32767};
  const std::vector<float> output = PcmConverter(16000, 1).convert(samples, 5, true);
  expect(output == std::vector<float>({-1.0f, -0.5f, 0.0f, 0.5f, 32767.0f / 32768.0f}), "a sample is off");
}

CASE("a sample that is not a number is refused by its place in the stream, and the stream goes on") {
  PcmConverter converter(16000, 2);
  std::vector<float> samples(10, 0.5f);
  converter.convert(samples.data(), samples.size(), false);
  for (const float fault : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity(), 3e38f}) {
    std::vector<float> faulty = samples;
    faulty[3] = fault;
    expect_code("AUDIO_INVALID", "a fault", [&] { converter.convert(faulty.data(), faulty.size(), false); });
    try {
      converter.convert(faulty.data(), faulty.size(), false);
    } catch (const NativeError &error) {
      expect(std::string(error.what()).find("Sample 13 ") == 0, error.what());
    }
  }
  expect(converter.convert(samples.data(), samples.size(), true) == std::vector<float>(5, 0.5f),
         "the stream is spoiled");
}

CASE("rates, channel counts and blocks that cannot be are refused") {
  expect_code("OPTION_INVALID", "rate 0", [] { PcmConverter(0, 1); });
  expect_code("OPTION_INVALID", "rate 384001", [] { PcmConverter(384001, 1); });
  expect_code("OPTION_INVALID", "0 channels", [] { PcmConverter(16000, 0); });
  expect_code("OPTION_INVALID", "65 channels", [] { PcmConverter(16000, 65); });
  const std::vector<float> samples(20000, 0.0f);
  expect_code("OPTION_INVALID", "5 hours in one block", [&] { converted(samples, 1); });
  PcmConverter ended(8000, 1);
  ended.convert(samples.data(), 10, true);
  expect_code("OPTION_INVALID", "after the end", [&] { ended.convert(samples.data(), 10, false); });
}

}  // namespace
}  // namespace whisperpool::test
