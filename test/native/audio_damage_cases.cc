// Cut and flipped files under the sanitizers: whatever is in them, they end in samples or in one of the audio
// errors.
#include <algorithm>
#include <cmath>
#include <random>

#include "clips.h"

namespace whisperpool::test {
namespace {

constexpr size_t kKeptBytes = 12000;  // the headers and some frames: enough to break, quick to decode

Bytes beginning_of(const std::string &path) {
  Bytes bytes = bytes_of(path);
  bytes.resize(std::min(bytes.size(), kKeptBytes));
  return bytes;
}

void decode_or_refuse(const Bytes &bytes, const std::string &what) {
  try {
    AudioReader reader(std::make_unique<ByteSource>(bytes));
    size_t count = 0;
    for (;;) {
      const std::vector<float> block = reader.read(65536);
      if (block.empty()) break;
      for (const float sample : block) expect(std::isfinite(sample), what + ": a sample that is not finite");
      count += block.size();
      if (count > 50'000'000) break;  // a header may claim 1 sample a second
    }
    expect(count > 0, what + ": nothing was given and nothing thrown");
  } catch (const NativeError &error) {
    const std::string code = error.code();
    expect(code == "AUDIO_BROKEN" || code == "AUDIO_EMPTY" || code == "AUDIO_UNSUPPORTED",
           what + ": " + code);
  }
}

void damage(const std::string &path, uint32_t seed, int rounds) {
  const Bytes whole = beginning_of(path);
  std::mt19937 random(seed);
  const auto below = [&random](size_t limit) {
    return std::uniform_int_distribution<size_t>(0, limit - 1)(random);
  };
  for (int round = 0; round < rounds; ++round) {
    const std::string what = path + ", round " + std::to_string(round);
    Bytes bytes = whole;
    if (round % 4 == 0) bytes.resize(below(round % 8 == 0 ? whole.size() : 512));
    // Half of the flips hit the headers, where the sizes are.
    const size_t flips = bytes.empty() ? 0 : below(12);
    for (size_t i = 0; i < flips; ++i) {
      const size_t range = below(2) == 0 ? bytes.size() : std::min<size_t>(bytes.size(), 4200);
      bytes[below(range)] ^= static_cast<uint8_t>(below(3) == 0 ? 0xFF : 1u << below(8));
    }
    decode_or_refuse(bytes, what);
  }
}

CASE("damaged wav files give samples or an audio error") { damage(clip(folders, "wav"), 1, 600); }
CASE("damaged mp3 files give samples or an audio error") { damage(clip(folders, "mp3"), 2, 300); }
CASE("damaged flac files give samples or an audio error") { damage(clip(folders, "flac"), 3, 300); }
CASE("damaged ogg files give samples or an audio error") { damage(clip(folders, "ogg"), 4, 300); }

// Lengths that stb_vorbis 1.22 by itself trusts (CVE-2023-45676, 45677 and 45681).
CASE("ogg files whose comment lengths lie do no harm") {
  const Bytes whole = beginning_of(clip(folders, "ogg"));
  const std::string packet = "\x03vorbis";
  const auto vendor_length = std::search(whole.begin(), whole.end(), packet.begin(), packet.end()) + 7;
  const auto vendor_bytes = static_cast<std::ptrdiff_t>(*vendor_length);
  for (const auto at : {vendor_length, vendor_length + 4 + vendor_bytes}) {
    for (const uint32_t lie :
         {0xFFFFFFFFu, 0xFFFFFFFEu, 0x80000000u, 0x7FFFFFFFu, 0x20000001u, 0x00800000u}) {
      Bytes bytes = whole;
      for (int i = 0; i < 4; ++i)
        bytes[static_cast<size_t>(at - whole.begin() + i)] = static_cast<uint8_t>(lie >> (8 * i));
      decode_or_refuse(bytes, "length " + std::to_string(lie));
    }
  }
}

}  // namespace
}  // namespace whisperpool::test
