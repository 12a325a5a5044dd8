#pragma once
#include <vector>

#include "whisper.h"

namespace whisperpool {

// The tokens of brackets, notes and other marks that stand for sounds rather than speech
// (OpenAI whisper/tokenizer.py, `non_speech_tokens`): without them there is no `[MUSIC]`.
std::vector<whisper_token> non_speech_tokens(whisper_context *context);

// Sees the logits before each token is chosen: suppresses non-speech tokens and ends the text when it loops.
class LogitsFilter {
 public:
  LogitsFilter(whisper_context *context, const std::vector<whisper_token> &suppressed, int loop_turns)
      : context_(context), suppressed_(suppressed), loop_turns_(loop_turns) {}

  // For whisper_full_params::logits_filter_callback; `argument` is the LogitsFilter.
  static void apply(whisper_context *, whisper_state *, const whisper_token_data *tokens, int count, float *logits,
                    void *argument) noexcept;

  bool looped() const { return looped_; }

 private:
  whisper_context *context_;
  const std::vector<whisper_token> &suppressed_;
  int loop_turns_;
  bool looped_ = false;
};

// True when `text` (token ids without timestamps) ends in `turns` copies of one phrase of at least six tokens, or
// in twice as many copies of a shorter one that together are at least twelve tokens.
bool ends_in_loop(const std::vector<whisper_token> &text, int turns);

}  // namespace whisperpool
