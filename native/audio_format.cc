#include "audio_format.h"

#include <algorithm>
#include <cstring>

#include "native_error.h"

namespace whisperpool {
namespace {

constexpr size_t kPeekBytes = 64;
constexpr size_t kMpegScanBytes = 4096;  // junk that a recorder may have left before the first frame
constexpr int kFramesToBelieve = 3;      // by chance: once in 2^30 positions

NativeError unsupported() {
  return NativeError("AUDIO_UNSUPPORTED",
                     "No built-in decoder knows this audio: it is not wav, mp3, flac or ogg Vorbis.");
}

NativeError cut_off(const char *what) {
  return NativeError("AUDIO_BROKEN", std::string("The ") + what + " is cut off within its header.");
}

std::vector<uint8_t> peek(ByteSource &source, int64_t position, size_t count) {
  std::vector<uint8_t> bytes(count);
  bytes.resize(source.seek(position) ? source.read(bytes.data(), count) : 0);
  return bytes;
}

bool starts_with(const std::vector<uint8_t> &bytes, size_t at, const char *text, size_t length) {
  return bytes.size() >= at + length && std::memcmp(bytes.data() + at, text, length) == 0;
}

// The length of the MPEG audio frame whose header is `h`; 0 when it is none, or its bit rate is not in the
// header.
size_t mpeg_frame_bytes(const uint8_t *h) {
  static constexpr int kKilobits[2][3][15] = {
      // MPEG 1, layers I to III, then MPEG 2 and 2.5
      {{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
       {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
       {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}},
      {{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
       {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
       {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}}};
  static constexpr int kRates[3] = {44100, 48000, 32000};
  if (h[0] != 0xFF || (h[1] & 0xE0) != 0xE0) return 0;
  const int version = (h[1] >> 3) & 3;  // 0: 2.5, 1: reserved, 2: 2, 3: 1
  const int layer = 4 - ((h[1] >> 1) & 3);
  const int bit_rate_index = h[2] >> 4;
  const int rate_index = (h[2] >> 2) & 3;
  if (version == 1 || layer == 4 || bit_rate_index == 0 || bit_rate_index == 15 || rate_index == 3) return 0;
  const int rate = kRates[rate_index] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
  const int bits = kKilobits[version == 3 ? 0 : 1][layer - 1][bit_rate_index] * 1000;
  const int padding = (h[2] >> 1) & 1;
  if (layer == 1) return static_cast<size_t>((12 * bits / rate + padding) * 4);
  const int samples_per_byte = (layer == 3 && version != 3 ? 576 : 1152) / 8;
  return static_cast<size_t>(samples_per_byte * bits / rate + padding);
}

bool same_stream(const uint8_t *a, const uint8_t *b) { return a[1] == b[1] && ((a[2] ^ b[2]) & 0x0C) == 0; }

// True when frames follow one another from some position near `start`.
bool has_mpeg_frames(ByteSource &source, int64_t start) {
  const std::vector<uint8_t> head = peek(source, start, kMpegScanBytes);
  for (size_t at = 0; at + 4 <= head.size(); ++at) {
    int64_t position = start + static_cast<int64_t>(at);
    size_t length = mpeg_frame_bytes(head.data() + at);
    for (int frames = 1; length > 0; ++frames) {
      if (frames == kFramesToBelieve) return true;
      position += static_cast<int64_t>(length);
      const std::vector<uint8_t> next = peek(source, position, 4);
      // A stream that ends within its first frames is believed only when it begins with one.
      if (next.size() < 4 && at == 0) return true;
      if (next.size() < 4 || !same_stream(next.data(), head.data() + at)) break;
      length = mpeg_frame_bytes(next.data());
    }
  }
  return false;
}

AudioFormat recognise_ogg(ByteSource &source, const std::vector<uint8_t> &head) {
  constexpr size_t kSegmentCount = 26;
  if (head.size() <= kSegmentCount) throw cut_off("ogg file");
  const std::vector<uint8_t> packet = peek(source, kSegmentCount + 1 + head[kSegmentCount], 7);
  if (starts_with(packet, 0, "\x01vorbis", 7)) return AudioFormat::ogg;
  if (starts_with(packet, 0,
                  "\x7F"
                  "FLAC",
                  5))
    return AudioFormat::flac;
  if (packet.size() < 7) throw cut_off("ogg file");
  throw unsupported();  // Opus, Speex, Theora
}

}  // namespace

const char *name_of(AudioFormat format) {
  switch (format) {
    case AudioFormat::wav:
      return "wav";
    case AudioFormat::mp3:
      return "mp3";
    case AudioFormat::flac:
      return "flac";
    case AudioFormat::ogg:
      return "ogg";
  }
  return "";
}

AudioFormat recognise(ByteSource &source) {
  if (source.size() == 0) throw NativeError("AUDIO_EMPTY", "The audio has no bytes.");
  const std::vector<uint8_t> head = peek(source, 0, kPeekBytes);
  const auto found = [&]() -> AudioFormat {
    for (const char *riff : {"RIFF", "RIFX", "RF64"}) {
      if (!starts_with(head, 0, riff, 4)) continue;
      if (head.size() < 12) throw cut_off("wav file");
      if (starts_with(head, 8, "WAVE", 4)) return AudioFormat::wav;
      throw unsupported();  // AVI, WebP
    }
    if (starts_with(head, 0, "riff\x2E\x91\xCF\x11", 8)) return AudioFormat::wav;  // Sony Wave64
    if (starts_with(head, 0, "fLaC", 4)) return AudioFormat::flac;
    if (starts_with(head, 0, "OggS", 4)) return recognise_ogg(source, head);

    int64_t start = 0;
    if (starts_with(head, 0, "ID3", 3)) {
      if (head.size() < 10) throw cut_off("mp3 file");
      const int tag_bytes =
          (head[6] & 0x7F) << 21 | (head[7] & 0x7F) << 14 | (head[8] & 0x7F) << 7 | (head[9] & 0x7F);
      start = 10 + tag_bytes + ((head[5] & 0x10) ? 10 : 0);
      if (start >= source.size()) throw cut_off("mp3 file");
      if (starts_with(peek(source, start, 4), 0, "fLaC", 4)) return AudioFormat::flac;
    }
    if (has_mpeg_frames(source, start)) return AudioFormat::mp3;
    throw unsupported();
  }();
  source.seek(0);
  return found;
}

}  // namespace whisperpool
