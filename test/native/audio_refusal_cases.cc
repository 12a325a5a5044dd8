#include <cstring>

#include "clips.h"

namespace whisperpool::test {
namespace {

Bytes text_bytes(const std::string &text) { return Bytes(text.begin(), text.end()); }

CASE("what is not there, not audio, broken or empty is refused with its own code") {
  const Bytes ogg = bytes_of(clip(folders, "ogg"));
  const Bytes flac = bytes_of(clip(folders, "flac"));
  const Bytes mp3 = bytes_of(clip(folders, "mp3"));
  const Bytes audio(320, 1);
  const Bytes text = text_bytes(std::string(10000, 'a'));
  const Bytes avi = text_bytes("RIFF____AVI LIST");
  const Bytes mp4 = text_bytes(std::string("\0\0\0\x20", 4) + "ftypisom" + std::string(5000, '\0'));
  const Bytes nan = wav_bytes({3, 1, 16000, 32}, {0, 0, 0xC0, 0x7F});
  Bytes opus = part_of(ogg, 0.01);
  std::memcpy(opus.data() + 28, "OpusHead", 8);
  Bytes no_data = wav_bytes({}, {});
  no_data.resize(36);
  Bytes noise(50000);
  uint32_t seed = 1;
  for (uint8_t &byte : noise) byte = static_cast<uint8_t>((seed = seed * 1664525 + 1013904223) >> 24);
  const struct {
    const char *what;
    Bytes bytes;
    const char *code;
  } rows[] = {{"no bytes", {}, "AUDIO_EMPTY"},
              {"a wav header alone", wav_bytes({}, {}), "AUDIO_EMPTY"},
              {"a wav header whose audio is missing", wav_bytes({}, {}, 32000), "AUDIO_EMPTY"},
              {"a text", text, "AUDIO_UNSUPPORTED"},
              {"noise", noise, "AUDIO_UNSUPPORTED"},
              {"one byte", {0xFF}, "AUDIO_UNSUPPORTED"},
              {"a video", avi, "AUDIO_UNSUPPORTED"},
              {"an mp4", mp4, "AUDIO_UNSUPPORTED"},
              {"opus", opus, "AUDIO_UNSUPPORTED"},
              {"mp3 in wav", wav_bytes({0x55, 1, 16000, 0}, audio), "AUDIO_UNSUPPORTED"},
              {"GSM in wav", wav_bytes({0x31, 1, 8000, 1}, audio), "AUDIO_UNSUPPORTED"},
              {"4 bytes of a wav", {'R', 'I', 'F', 'F'}, "AUDIO_BROKEN"},
              {"a wav without a data chunk", no_data, "AUDIO_BROKEN"},
              {"0 channels", wav_bytes({1, 0, 16000, 16}, audio), "AUDIO_BROKEN"},
              {"65 channels", wav_bytes({1, 65, 16000, 16}, audio), "AUDIO_BROKEN"},
              {"65535 channels", wav_bytes({1, 65535, 16000, 16}, audio), "AUDIO_BROKEN"},
              {"0 samples a second", wav_bytes({1, 1, 0, 16}, audio), "AUDIO_BROKEN"},
              {"4 billion samples a second", wav_bytes({1, 1, 4000000000, 16}, audio), "AUDIO_BROKEN"},
              {"a float that is no number", nan, "AUDIO_BROKEN"},
              {"20 bytes of a flac", Bytes(flac.begin(), flac.begin() + 20), "AUDIO_BROKEN"},
              {"20 bytes of an ogg", Bytes(ogg.begin(), ogg.begin() + 20), "AUDIO_BROKEN"},
              {"200 bytes of an ogg", Bytes(ogg.begin(), ogg.begin() + 200), "AUDIO_BROKEN"},
              {"an mp3 of tags alone", {'I', 'D', '3', 4, 0, 0, 0, 0, 0, 9, 1, 2, 3}, "AUDIO_BROKEN"},
              {"3 bytes of an mp3", Bytes(mp3.begin(), mp3.begin() + 3), "AUDIO_UNSUPPORTED"}};
  for (const auto &row : rows) expect_code(row.code, row.what, [&] { decoded(row.bytes); });
}

CASE("a missing file and a folder are said to be just that") {
  const auto message = [](const std::string &path) -> std::string {
    try {
      ByteSource source(path);
    } catch (const NativeError &error) {
      return error.code() + " " + error.what();
    }
    return "";
  };
  expect(message(folders.clips).find("AUDIO_MISSING") == 0 &&
             message(folders.clips).find("folder") != std::string::npos,
         "a folder");
  const std::string missing = message(folders.clips + "/no such file.wav");
  expect(missing.find("AUDIO_MISSING") == 0 && missing.find("does not exist") != std::string::npos, missing);
  expect(message(clip(folders, "wav") + "/x").find("AUDIO_MISSING") == 0, "below a file");
#ifndef _WIN32
  expect(message("/dev/null").find("AUDIO_UNSUPPORTED") == 0, "a device");
#endif
}

}  // namespace
}  // namespace whisperpool::test
