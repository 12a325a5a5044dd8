#include <cmath>
#include <limits>

#include "clips.h"
#include "decoder.h"
#include "logits_filter.h"
#include "models.h"
#include "token_text.h"

namespace whisperpool::test {
namespace {

constexpr double kForever = std::numeric_limits<double>::infinity();

DecodeOptions sized() {
  DecodeOptions options;
  options.encoder_context = 704;
  options.max_tokens = 178;
  return options;
}

std::string text_of(const Decoded &decoded) {
  std::string text;
  for (const Segment &segment : decoded.segments) text += segment.text;
  return text;
}

}  // namespace

CASE("the decoder hears the words of the clip, with word times that run forward") {
  const std::vector<float> pcm = decoded_file(clip(folders, "wav"));
  Decoder decoder(tiny(folders));
  decoder.warm(1);
  DecodeOptions options = sized();
  options.words = true;
  StopWatch watch(nullptr, kForever);
  int segments_called = 0;
  const Decoded decoded =
      decoder.decode(pcm.data(), pcm.size(), options, watch, [&](const Segment &) { ++segments_called; });
  expect(text_of(decoded).find("ask what you can do for your country") != std::string::npos, text_of(decoded));
  expect(decoded.word_times == WordTimes::kDtw, "words are aligned by DTW");
  expect(segments_called == static_cast<int>(decoded.segments.size()), "every segment was called back once");
  double last = 0;
  for (const Segment &segment : decoded.segments) {
    for (const Token &token : segment.tokens) {
      expect_between(token.start_seconds, last, 11.1, token.text + " starts");
      expect_between(token.end_seconds, token.start_seconds, 11.1, token.text + " ends");
      last = token.start_seconds;
    }
  }
}

CASE("equal input gives equal text, also after a decode that sampled at a temperature") {
  const std::vector<float> pcm = decoded_file(clip(folders, "wav"));
  Decoder decoder(tiny(folders));
  StopWatch watch(nullptr, kForever);
  const std::string first = text_of(decoder.decode(pcm.data(), pcm.size(), sized(), watch));
  std::vector<float> noise(32000);
  for (size_t i = 0; i < noise.size(); ++i) noise[i] = 0.1f * std::sin(static_cast<float>(i * i));
  DecodeOptions warm = sized();
  warm.temperature_increment = 0.2f;
  decoder.decode(noise.data(), noise.size(), warm, watch);
  expect(text_of(decoder.decode(pcm.data(), pcm.size(), sized(), watch)) == first, "the text changed");
}

CASE("a stopped decode is empty and the state works afterwards") {
  const std::vector<float> pcm = decoded_file(clip(folders, "wav"));
  Decoder decoder(tiny(folders));
  int32_t flag = 1;
  StopWatch aborted(&flag, kForever);
  expect(decoder.decode(pcm.data(), pcm.size(), sized(), aborted).segments.empty(), "an aborted decode has text");
  expect(aborted.reason() == Stop::kAborted, "the reason is not the flag");
  for (const double seconds : {0.0, 0.001, 0.01}) {
    StopWatch late(nullptr, seconds);
    DecodeOptions options = sized();
    options.words = true;
    decoder.decode(pcm.data(), pcm.size(), options, late);
    expect(late.reason() == Stop::kDeadline, "the deadline was not noticed");
  }
  StopWatch watch(nullptr, kForever);
  expect(text_of(decoder.decode(pcm.data(), pcm.size(), sized(), watch)).find("country") != std::string::npos, "no text");
}

CASE("clips of any length down to nothing are decoded without a word out of place") {
  Decoder decoder(tiny(folders));
  StopWatch watch(nullptr, kForever);
  for (const size_t count : {0, 1, 100, 399, 400, 1599, 16000, 17599, 17600, 17601}) {
    const std::vector<float> silence(count, 0.0f);
    const Decoded decoded = decoder.decode(silence.data(), count, sized(), watch);
    for (const Segment &segment : decoded.segments) {
      expect_between(segment.end_seconds, 0.0, count / 16000.0, "end of a segment");
    }
  }
}

CASE("bad decode arguments are refused by code") {
  Decoder decoder(tiny(folders));
  StopWatch watch(nullptr, kForever);
  const std::vector<float> bad = {0.0f, NAN, 0.0f};
  expect_code("AUDIO_INVALID", "NaN", [&] { decoder.decode(bad.data(), bad.size(), sized(), watch); });
  DecodeOptions wide = sized();
  wide.encoder_context = 1501;
  expect_code("OPTION_INVALID", "a window beyond the model", [&] { decoder.decode(bad.data(), 1, wide, watch); });
}

CASE("a loop is a phrase of six tokens said again, or a shorter one said many times") {
  const auto repeat = [](std::vector<whisper_token> phrase, int times) {
    std::vector<whisper_token> text;
    for (int i = 0; i < times; ++i) text.insert(text.end(), phrase.begin(), phrase.end());
    return text;
  };
  expect(!ends_in_loop({}, 2), "nothing");
  expect(ends_in_loop(repeat({1, 2, 3, 4, 5, 6}, 2), 2), "six tokens twice");
  expect(!ends_in_loop(repeat({1, 2, 3, 4, 5, 6}, 2), 3), "six tokens twice, three turns asked");
  expect(!ends_in_loop(repeat({1, 2, 3}, 3), 2), "three tokens three times");
  expect(ends_in_loop(repeat({1, 2, 3}, 4), 2), "three tokens four times");
  expect(!ends_in_loop(repeat({7}, 11), 2), "one token eleven times");
  expect(ends_in_loop(repeat({7}, 12), 2), "one token twelve times");
}

CASE("a character that is spread over tokens is never cut") {
  expect(!ends_inside_character("a"), "ASCII");
  expect(ends_inside_character("\xE5"), "one byte of three");
  expect(ends_inside_character("\xE5\xAE"), "two bytes of three");
  expect(!ends_inside_character("\xE5\xAE\xA2"), "a whole character");
  expect(!ends_inside_character("\xAE\xA2"), "stray continuation bytes cannot be completed");
}

}  // namespace whisperpool::test
