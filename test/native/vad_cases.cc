#include <filesystem>
#include <limits>

#include "clips.h"
#include "vad.h"

namespace whisperpool::test {
namespace {

std::string weights(const Folders &folders) { return folders.models + "/ggml-silero-v6.2.0.bin"; }

VadStream stream_of(const std::string &path) { return VadStream(std::make_shared<Vad>(path)); }

std::vector<float> speech(const Folders &folders) { return decoded_file(clip(folders, "wav")); }

CASE("the VAD hears speech in speech and none in silence") {
  VadStream vad = stream_of(weights(folders));
  const std::vector<float> samples = speech(folders);
  const std::vector<float> spoken = vad.probabilities(samples.data(), samples.size());
  expect(spoken.size() == (samples.size() + 511) / 512, "not one probability a window");
  size_t windows = 0;
  for (const float probability : spoken) {
    expect_between(probability, 0.0f, 1.0f, "a probability");
    windows += probability > 0.5f ? 1 : 0;
  }
  expect_between(static_cast<double>(windows) / static_cast<double>(spoken.size()), 0.5, 0.95,
                 "the share of speech");
  vad.reset();
  const std::vector<float> silence(32000, 0.0f);
  for (const float probability : vad.probabilities(silence.data(), silence.size())) {
    expect_between(probability, 0.0f, 0.3f, "silence");
  }
}

CASE("the VAD gives a stream in blocks what it gives the whole") {
  VadStream vad = stream_of(weights(folders));
  const std::vector<float> samples = speech(folders);
  const std::vector<float> whole = vad.probabilities(samples.data(), samples.size());
  vad.reset();
  std::vector<float> in_blocks;
  for (size_t from = 0; from < samples.size(); from += 512 * 3) {
    const std::vector<float> block =
        vad.probabilities(samples.data() + from, std::min<size_t>(512 * 3, samples.size() - from));
    in_blocks.insert(in_blocks.end(), block.begin(), block.end());
  }
  expect(in_blocks == whole, "blocks change the probabilities");
  vad.reset();
  expect(vad.probabilities(samples.data(), samples.size()) == whole, "a reset VAD remembers");
  expect(vad.probabilities(samples.data(), 0).empty(), "no samples have probabilities");
}

CASE("streams of one VAD do not hear one another") {
  const auto vad = std::make_shared<Vad>(weights(folders));
  VadStream alone(vad);
  const std::vector<float> samples = speech(folders);
  const std::vector<float> whole = alone.probabilities(samples.data(), samples.size());
  VadStream forwards(vad);
  VadStream backwards(vad);
  const std::vector<float> reversed(samples.rbegin(), samples.rend());
  std::vector<float> heard;
  for (size_t from = 0; from < samples.size(); from += 512) {
    const size_t count = std::min<size_t>(512, samples.size() - from);
    backwards.probabilities(reversed.data() + from, count);
    const std::vector<float> window = forwards.probabilities(samples.data() + from, count);
    heard.insert(heard.end(), window.begin(), window.end());
  }
  expect(heard == whole, "what another stream heard is remembered in this one");
}

CASE("the VAD refuses a sample that is not finite and goes on") {
  VadStream vad = stream_of(weights(folders));
  std::vector<float> samples = speech(folders);
  const std::vector<float> good = vad.probabilities(samples.data(), samples.size());
  vad.reset();
  std::vector<float> bad(512, std::numeric_limits<float>::quiet_NaN());
  expect_code("AUDIO_INVALID", "NaN", [&] { vad.probabilities(bad.data(), bad.size()); });
  expect(vad.probabilities(samples.data(), samples.size()) == good, "the refused block left a trace");
}

CASE("damaged VAD weights are refused before whisper.cpp sees them") {
  const Bytes whole = bytes_of(weights(folders));
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "whisperpool-damaged-vad.bin";
  const auto refused = [&path](const std::string &code, const std::string &what, const Bytes &bytes) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    expect_code(code, what, [&path] { Vad vad(path.u8string()); });
  };
  const auto flipped = [&whole](size_t at) {
    Bytes bytes = whole;
    bytes[at] ^= 0x80;
    return bytes;
  };
  const auto cut = [&whole](size_t size) {
    return Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
  };
  refused("MODEL_TRUNCATED", "no bytes", {});
  refused("MODEL_TRUNCATED", "the magic alone", cut(4));
  refused("MODEL_TRUNCATED", "half", cut(whole.size() / 2));
  refused("MODEL_TRUNCATED", "all but a byte", cut(whole.size() - 1));
  refused("MODEL_CORRUPT", "the magic", flipped(0));
  refused("MODEL_CORRUPT", "the length of the name", flipped(7));
  refused("MODEL_UNSUPPORTED", "the name", flipped(8));
  for (size_t at = 30; at < 106; ++at)
    refused("MODEL_CORRUPT", "header byte " + std::to_string(at), flipped(at));
  for (size_t at = 106; at < 130; ++at)
    refused("MODEL_CORRUPT", "tensor byte " + std::to_string(at), flipped(at));
  Bytes longer = whole;
  longer.insert(longer.end(), whole.begin() + 106, whole.begin() + 400);
  refused("MODEL_CORRUPT", "a tensor twice", longer);
  std::filesystem::remove(path);
  expect_code("MODEL_MISSING", "no file", [&path] { Vad vad(path.u8string()); });
  expect_code("MODEL_MISSING", "a folder", [&folders] { Vad vad(folders.models); });
}

}  // namespace
}  // namespace whisperpool::test
