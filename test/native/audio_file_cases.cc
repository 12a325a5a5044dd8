#include <filesystem>
#include <tuple>

#include "clips.h"
#include "signals.h"

namespace whisperpool::test {
namespace {

const char *const kFormats[] = {"wav", "mp3", "flac", "ogg"};

Bytes joined(Bytes a, const Bytes &b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// How alike two recordings are when neither is shifted: 1 for equal ones.
double correlation(const std::vector<float> &a, const std::vector<float> &b) {
  double ab = 0, aa = 1e-20, bb = 1e-20;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    ab += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

CASE("wav, mp3, flac and ogg of one clip give the same audio at the same place") {
  const std::vector<float> wav = decoded_file(clip(folders, "wav"));
  for (const std::string format : kFormats) {
    AudioReader reader(std::make_unique<ByteSource>(clip(folders, format)));
    expect(name_of(reader.format()) == format && reader.sample_rate() == 16000 && reader.channels() == 1,
           format);
    const std::vector<float> samples = drained(reader);
    expect_between(static_cast<double>(samples.size()) / 16000, 10.995, 11.005, format + ": seconds");
    expect_between(correlation(samples, wav), format == "mp3" || format == "ogg" ? 0.9 : 1 - 1e-9, 1.0 + 1e-9,
                   format);
  }
  expect(decoded_file(clip(folders, "flac")) == wav, "flac is not lossless");
}

CASE("a path and its bytes, in blocks of any size, give the same samples") {
  for (const std::string format : kFormats) {
    const std::vector<float> whole = decoded(bytes_of(clip(folders, format)));
    for (const size_t most : {size_t{1} << 20, size_t{48000}, size_t{777}}) {
      expect(decoded_file(clip(folders, format), most) == whole,
             format + " in blocks of " + std::to_string(most));
    }
  }
}

CASE("a file that is cut off gives what comes before the cut") {
  for (const std::string format : kFormats) {
    const Bytes bytes = bytes_of(clip(folders, format));
    const std::vector<float> whole = decoded(bytes), half = decoded(part_of(bytes, 0.5));
    expect_between(static_cast<double>(half.size()) / static_cast<double>(whole.size()), 0.3, 0.7,
                   format + ": length");
    expect(correlation(half, whole) > 0.999, format + ": not the same audio");
  }
}

CASE("every sample type of wav gives the tone it holds") {
  const std::vector<float> samples = tone(440, 16000, 8000);
  const auto encode = [&](auto sample_bytes) {
    Bytes audio;
    for (const float sample : samples) sample_bytes(audio, sample);
    return audio;
  };
  const auto integer = [&](int bits) {
    return encode([bits](Bytes &audio, float sample) {
      const auto value =
          static_cast<int64_t>(std::lround(static_cast<double>(sample) * std::pow(2, bits - 1)));
      append(audio, static_cast<uint64_t>(bits == 8 ? value + 128 : value), bits / 8);
    });
  };
  const auto floating = [&](auto zero) {
    return encode([zero](Bytes &audio, float sample) {
      auto value = zero;
      value += sample;
      const auto *raw = reinterpret_cast<const uint8_t *>(&value);
      audio.insert(audio.end(), raw, raw + sizeof value);
    });
  };
  for (const int bits : {8, 16, 24, 32}) {
    const std::vector<float> output =
        decoded(wav_bytes({1, 1, 16000, static_cast<uint16_t>(bits)}, integer(bits)));
    expect_between(level_decibels(difference(output, samples)), -300.0, bits == 8 ? -35.0 : -80.0,
                   std::to_string(bits));
  }
  expect(decoded(wav_bytes({3, 1, 16000, 32}, floating(0.0f))) == samples, "32-bit float");
  expect(decoded(wav_bytes({3, 1, 16000, 64}, floating(0.0))) == samples, "64-bit float");
  // Telephone codecs, by two values of each table: silence, and full scale.
  for (const auto &[codec, silence, loud] :
       {std::tuple<uint16_t, uint8_t, uint8_t>{7, 0xFF, 0x80}, {6, 0xD5, 0xAA}}) {
    const std::vector<float> output = decoded(wav_bytes({codec, 1, 16000, 8}, {silence, loud}));
    expect(output.size() == 2 && std::fabs(output[0]) < 0.001f && std::fabs(output[1]) > 0.9f,
           "codec " + std::to_string(codec));
  }
}

CASE("a stereo file at 48 kHz is mixed down and resampled") {
  Bytes audio;
  for (const float sample : tone(1000, 48000, 48000)) {
    append(audio, static_cast<uint16_t>(static_cast<int16_t>(sample * 32767)), 2);
    append(audio, 0, 2);
  }
  const std::vector<float> output = decoded(wav_bytes({1, 2, 48000, 16}, audio));
  expect(output.size() == 16000, "not one second");
  const double error = level_decibels(difference(output, tone(1000, 16000, 16000, 0.25)));
  expect_between(error, -300.0, -70.0, "error in dB");
}

CASE("the wav file of a recorder that was killed is read to its end") {
  const std::vector<float> output = decoded(wav_bytes({}, Bytes(3200, 1), 0));
  expect(output.size() == 1600, "not 1600 samples");
}

CASE("mp3 files that were joined are read to the end of the last") {
  const Bytes mp3 = bytes_of(clip(folders, "mp3"));
  const double seconds = static_cast<double>(decoded(joined(mp3, mp3)).size()) / 16000;
  expect_between(seconds, 21.9, 22.3, "seconds of two clips of 11");
}

CASE("a path that is not ASCII is opened") {
  const std::string path =
      (std::filesystem::temp_directory_path() / std::filesystem::u8path("whisperpool-tëst-音.wav"))
          .u8string();
  const Bytes bytes = wav_bytes({}, Bytes(3200, 0));
  std::ofstream(std::filesystem::u8path(path), std::ios::binary)
      .write(reinterpret_cast<const char *>(bytes.data()), 3244);
  const size_t count = decoded_file(path).size();
  std::filesystem::remove(std::filesystem::u8path(path));
  expect(count == 1600, "not 1600 samples");
}

}  // namespace
}  // namespace whisperpool::test
