#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace whisperpool::test {

using Bytes = std::vector<uint8_t>;

struct WavHeader {
  uint16_t codec = 1;  // 1 PCM, 3 float, 6 A-law, 7 µ-law
  uint16_t channels = 1;
  uint32_t sample_rate = 16000;
  uint16_t bits = 16;
};

inline void append(Bytes &bytes, const std::string &text) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}

inline void append(Bytes &bytes, uint64_t value, int count) {
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

// A wav file around `audio`. `declared_bytes` is what its headers claim; a recorder that was killed leaves 0.
inline Bytes wav_bytes(const WavHeader &header, const Bytes &audio, uint32_t declared_bytes) {
  Bytes bytes;
  append(bytes, "RIFF");
  append(bytes, declared_bytes == 0 ? 0 : declared_bytes + 36, 4);
  append(bytes, "WAVEfmt ");
  append(bytes, 16, 4);
  append(bytes, header.codec, 2);
  append(bytes, header.channels, 2);
  append(bytes, header.sample_rate, 4);
  append(bytes, uint64_t{header.sample_rate} * header.channels * header.bits / 8, 4);
  append(bytes, uint64_t{header.channels} * header.bits / 8, 2);
  append(bytes, header.bits, 2);
  append(bytes, "data");
  append(bytes, declared_bytes, 4);
  bytes.insert(bytes.end(), audio.begin(), audio.end());
  return bytes;
}

inline Bytes wav_bytes(const WavHeader &header, const Bytes &audio) {
  return wav_bytes(header, audio, static_cast<uint32_t>(audio.size()));
}

}  // namespace whisperpool::test
