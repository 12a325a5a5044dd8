#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "context_registry.h"
#include "stop_watch.h"

namespace whisperpool {

struct DecodeOptions {
  int threads = 1;
  int encoder_context = 0;  // frames of 20 ms; 0 is the full window
  std::string language = "en";
  bool translate = false;
  std::string prompt;
  int max_tokens = 0;                // 0: no limit
  int loop_turns = 2;                // a phrase said this often in a row stops the text
  int beam_size = 1;                 // 1 is greedy
  float temperature_increment = 0;   // 0: no temperature fallback
  bool words = false;
};

// One or more tokens whose bytes together are whole characters. Times are NaN unless words were asked for.
struct Token {
  std::string text;
  float probability;
  double start_seconds;
  double end_seconds;
};

struct Segment {
  double start_seconds;
  double end_seconds;
  std::string text;
  double average_log_probability;
  std::vector<Token> tokens;
};

enum class WordTimes { kNone, kDtw, kHeuristic };

struct Decoded {
  std::vector<Segment> segments;
  float no_speech_probability = 0;
  float temperature = 0;
  bool looped = false;
  int encoder_context = 0;
  WordTimes word_times = WordTimes::kNone;
  double mel_seconds = 0, encode_seconds = 0, decode_seconds = 0, total_seconds = 0;
};

struct Detection {
  std::string language;
  float probability = 0;
};

using SegmentCallback = std::function<void(const Segment &)>;

// The scratch memory of one decode at a time over a shared context. Used by one thread.
class Decoder {
 public:
  // Throws NativeError MODEL_LOAD_FAILED when the state cannot be allocated.
  explicit Decoder(std::shared_ptr<SharedContext> context);
  ~Decoder();
  Decoder(const Decoder &) = delete;
  Decoder &operator=(const Decoder &) = delete;

  // Decodes silence, so that the pages of the state are resident before the first real piece.
  void warm(int threads);

  // 16 kHz mono samples to text. When `watch` trips, returns an empty result: ask the watch for the reason. The
  // state stays usable. Throws NativeError OPTION_INVALID, AUDIO_INVALID or DECODE_FAILED.
  Decoded decode(const float *samples, size_t count, const DecodeOptions &options, StopWatch &watch,
                 const SegmentCallback &on_segment = {});

  Detection detect_language(const float *samples, size_t count, int threads, int encoder_context, StopWatch &watch);

 private:
  void ensure_state();
  Decoded collect(const DecodeOptions &options, double piece_seconds) const;
  bool align_words(Decoded &decoded, const DecodeOptions &options, double piece_seconds);

  std::shared_ptr<SharedContext> context_;
  whisper_state *state_ = nullptr;
  std::vector<whisper_token> suppressed_;  // tokens that are never speech
};

}  // namespace whisperpool
