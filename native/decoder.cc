#include "decoder.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "alignment.h"
#include "logits_filter.h"
#include "native_error.h"
#include "native_log.h"
#include "token_text.h"

namespace whisperpool {
namespace {

constexpr size_t kMinimumSamples = WHISPER_SAMPLE_RATE * 11 / 10;  // shorter input gives no text (whisper.cpp #2065)
constexpr int kWarmEncoderContext = 384;  // the smallest that pieces use
constexpr int kStateFreedByWhisper = -7;  // whisper_full frees the state itself when it cannot grow the KV cache

// The abort callback must not outlive the StopWatch on the caller's stack.
class WatchedState {
 public:
  WatchedState(whisper_state *&state, StopWatch &watch) : state_(state) {
    set_abort_callback(*state_, StopWatch::poll, &watch);
  }
  ~WatchedState() {
    if (state_) set_abort_callback(*state_, nullptr, nullptr);
  }
  WatchedState(const WatchedState &) = delete;
  WatchedState &operator=(const WatchedState &) = delete;

 private:
  whisper_state *&state_;
};

std::vector<float> padded(const float *samples, size_t count) {
  std::vector<float> copy(std::max(count, kMinimumSamples), 0.0f);
  for (size_t i = 0; i < count; ++i) {
    if (!std::isfinite(samples[i])) {
      throw NativeError("AUDIO_INVALID", "Sample " + std::to_string(i) + " is not a finite number.");
    }
    copy[i] = samples[i];
  }
  return copy;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<whisper_token_data> tokens_of(whisper_state *state) {
  std::vector<whisper_token_data> tokens;
  for (int segment = 0; segment < whisper_full_n_segments_from_state(state); ++segment) {
    for (int i = 0; i < whisper_full_n_tokens_from_state(state, segment); ++i) {
      tokens.push_back(whisper_full_get_token_data_from_state(state, segment, i));
    }
  }
  return tokens;
}

}  // namespace

Decoder::Decoder(std::shared_ptr<SharedContext> context)
    : context_(std::move(context)), suppressed_(non_speech_tokens(context_->get())) {
  ensure_state();
}

Decoder::~Decoder() {
  if (state_) whisper_free_state(state_);
}

void Decoder::ensure_state() {
  if (state_) return;
  take_last_log_error();
  state_ = whisper_init_state(context_->get());
  if (!state_) throw NativeError("MODEL_LOAD_FAILED", "No memory for a decoding state: " + take_last_log_error());
  release_unused_pages(*state_);
}

void Decoder::warm(int threads) {
  const std::vector<float> silence(kMinimumSamples, 0.0f);
  DecodeOptions options;
  options.threads = threads;
  options.encoder_context = std::min(kWarmEncoderContext, whisper_n_audio_ctx(context_->get()));
  options.max_tokens = 1;
  StopWatch never(nullptr, INFINITY);
  decode(silence.data(), silence.size(), options, never);
}

Decoded Decoder::decode(const float *samples, size_t count, const DecodeOptions &options, StopWatch &watch,
                        const SegmentCallback &on_segment) {
  const auto start = std::chrono::steady_clock::now();
  if (options.encoder_context > whisper_n_audio_ctx(context_->get())) {
    throw NativeError("OPTION_INVALID", "`encoderContext` is larger than the model's window.");
  }
  ensure_state();
  const std::vector<float> audio = padded(samples, count);
  LogitsFilter filter(context_->get(), suppressed_, options.loop_turns);

  whisper_full_params params = whisper_full_default_params(options.beam_size > 1 ? WHISPER_SAMPLING_BEAM_SEARCH : WHISPER_SAMPLING_GREEDY);
  params.n_threads = options.threads;
  params.audio_ctx = options.encoder_context;
  params.language = options.language.c_str();
  params.translate = options.translate;
  params.initial_prompt = options.prompt.empty() ? nullptr : options.prompt.c_str();
  params.no_context = true;
  params.single_segment = true;  // one window, one encode: segments_of cuts the text at its timestamps instead
  params.max_tokens = options.max_tokens;
  params.beam_search.beam_size = options.beam_size;
  params.greedy.best_of = 1;
  params.temperature_inc = options.temperature_increment;
  params.token_timestamps = options.words;
  params.suppress_nst = false;  // LogitsFilter does it without two hundred map look-ups a token
  params.print_progress = params.print_realtime = params.print_timestamps = params.print_special = false;
  params.abort_callback = StopWatch::poll;
  params.abort_callback_user_data = &watch;
  params.logits_filter_callback = LogitsFilter::apply;
  params.logits_filter_callback_user_data = &filter;

  reset_sampling(*state_);
  const Counters before = read_counters(*state_);
  const WatchedState watched(state_, watch);
  take_last_log_error();
  int status = 0;
  if (!watch.should_stop()) {
    hear(*context_->get(), *state_, audio);
    if (options.words) hear_loudness(*state_, audio);
    status = whisper_full_with_state(context_->get(), state_, params, nullptr, 0);
  }
  if (status == kStateFreedByWhisper) state_ = nullptr;
  if (watch.reason() != Stop::kNone) return {};
  if (status != 0) {
    throw NativeError("DECODE_FAILED", "whisper.cpp stopped with code " + std::to_string(status) + ": " + take_last_log_error());
  }

  const double piece_seconds = static_cast<double>(count) / WHISPER_SAMPLE_RATE;
  Decoded decoded = collect(options, piece_seconds);
  decoded.looped = filter.looped();
  decoded.no_speech_probability = no_speech_probability(*context_->get(), *state_, options.threads);
  if (options.words) align_words(decoded, options, piece_seconds);
  if (watch.reason() != Stop::kNone) return {};

  const Counters after = read_counters(*state_);
  decoded.temperature = static_cast<float>(after.temperature_fallbacks - before.temperature_fallbacks) * options.temperature_increment;
  decoded.mel_seconds = static_cast<double>(after.mel_us - before.mel_us) * 1e-6;
  decoded.encode_seconds = static_cast<double>(after.encode_us - before.encode_us) * 1e-6;
  decoded.decode_seconds =
      static_cast<double>(after.decode_us - before.decode_us + after.sample_us - before.sample_us) * 1e-6;
  decoded.total_seconds = seconds_since(start);
  if (on_segment) {
    for (const Segment &segment : decoded.segments) on_segment(segment);
  }
  return decoded;
}

Decoded Decoder::collect(const DecodeOptions &options, double piece_seconds) const {
  Decoded decoded;
  const std::vector<whisper_token_data> tokens = tokens_of(state_);
  std::vector<TokenTimes> times;
  if (options.words) {
    decoded.word_times = WordTimes::kHeuristic;
    for (const whisper_token_data &token : tokens) {
      times.push_back({std::min(token.t0 * 0.01, piece_seconds), std::min(token.t1 * 0.01, piece_seconds)});
    }
  }
  decoded.segments = segments_of(context_->get(), tokens, times, piece_seconds);
  decoded.encoder_context = options.encoder_context > 0 ? options.encoder_context : whisper_n_audio_ctx(context_->get());
  return decoded;
}

// Replaces the heuristic word times by DTW over cross-attention where the model allows it.
bool Decoder::align_words(Decoded &decoded, const DecodeOptions &options, double piece_seconds) {
  AlignmentView *view = context_->alignment_view();
  whisper_context *context = context_->get();
  if (!view || decoded.segments.empty()) return false;

  std::vector<whisper_token> sequence = {whisper_token_sot(context)};
  if (whisper_is_multilingual(context)) {
    sequence.push_back(whisper_token_lang(context, whisper_lang_id(options.language.c_str())));
    sequence.push_back(options.translate ? whisper_token_translate(context) : whisper_token_transcribe(context));
  }
  const int first_token = static_cast<int>(sequence.size());  // <|notimestamps|> is what predicts the first word
  sequence.push_back(whisper_token_not(context));
  std::vector<whisper_token_data> tokens = tokens_of(state_);
  std::vector<size_t> text_positions;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].id >= whisper_token_eot(context)) continue;
    sequence.push_back(tokens[i].id);
    text_positions.push_back(i);
  }
  const int rows = static_cast<int>(text_positions.size()) + 1;
  sequence.push_back(whisper_token_eot(context));
  if (static_cast<int>(sequence.size()) > whisper_n_text_ctx(context)) return false;

  CrossAttention attention;
  if (!read_cross_attention(*view, *state_, sequence, options.threads, attention)) return false;
  const std::vector<int> starts = align(attention, first_token, rows, static_cast<int>(std::ceil(piece_seconds * 50)));
  if (starts.empty()) return false;

  std::vector<TokenTimes> times(tokens.size(), {0, 0});
  for (size_t i = 0; i < text_positions.size(); ++i) {
    times[text_positions[i]] = {starts[i] * 0.02, starts[i + 1] * 0.02};
  }
  decoded.segments = segments_of(context, tokens, times, piece_seconds);
  decoded.word_times = WordTimes::kDtw;
  return true;
}

Detection Decoder::detect_language(const float *samples, size_t count, int threads, int encoder_context,
                                   StopWatch &watch) {
  whisper_context *context = context_->get();
  if (!whisper_is_multilingual(context)) return {"en", 1.0f};
  ensure_state();
  const std::vector<float> audio = padded(samples, count);
  const WatchedState watched(state_, watch);
  set_encoder_context(*state_, encoder_context);
  take_last_log_error();
  std::vector<float> probabilities(whisper_lang_max_id() + 1, 0.0f);
  int language = -1;
  if (!watch.should_stop()) {
    hear(*context, *state_, audio);
    language = whisper_lang_auto_detect_with_state(context, state_, 0, threads, probabilities.data());
  }
  if (watch.reason() != Stop::kNone) return {};
  if (language < 0) throw NativeError("DECODE_FAILED", "The language could not be detected: " + take_last_log_error());
  return {whisper_lang_str(language), probabilities[language]};
}

}  // namespace whisperpool
