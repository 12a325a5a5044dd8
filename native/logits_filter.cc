#include "logits_filter.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace whisperpool {
namespace {

constexpr int kPhraseTokens = 6;
constexpr int kShortLoopTokens = 12;

bool ends_in_copies(const std::vector<whisper_token> &text, int period, int copies) {
  const int length = period * copies;
  if (static_cast<int>(text.size()) < length) return false;
  const auto tail = text.end() - length;
  return std::equal(tail + period, text.end(), tail);
}

}  // namespace

std::vector<whisper_token> non_speech_tokens(whisper_context *context) {
  static const char *const marks[] = {
      "\"", "#", "(", ")", "*", "+", "/", ":", ";", "<", "=", ">", "@", "[", "\\", "]", "^", "_", "`", "{", "|", "}",
      "~", "「", "」", "『", "』", "<<", ">>", "<<<", ">>>", "--", "---", "-(", "-[", "('", "(\"", "((", "))", "(((",
      ")))", "[[", "]]", "{{", "}}", "♪♪", "♪♪♪", "♩", "♪", "♫", "♬", "♭", "♮", "♯"};
  std::vector<whisper_token> tokens;
  const auto add = [&](const std::string &text) {
    whisper_token token;
    if (whisper_tokenize(context, text.c_str(), &token, 1) == 1 && text == whisper_token_to_str(context, token)) {
      tokens.push_back(token);
    }
  };
  for (const std::string mark : marks) {
    add(mark);
    add(" " + mark);
  }
  add(" -");  // inside a word these are ordinary spelling; at its beginning they open a stage direction
  add(" '");
  return tokens;
}

bool ends_in_loop(const std::vector<whisper_token> &text, int turns) {
  const int longest = static_cast<int>(text.size()) / turns;
  for (int period = 1; period <= longest; ++period) {
    const int copies = period >= kPhraseTokens ? turns : std::max(2 * turns, (kShortLoopTokens + period - 1) / period);
    if (ends_in_copies(text, period, copies)) return true;
  }
  return false;
}

void LogitsFilter::apply(whisper_context *, whisper_state *, const whisper_token_data *tokens, int count,
                         float *logits, void *argument) noexcept {
  auto &self = *static_cast<LogitsFilter *>(argument);
  for (const whisper_token token : self.suppressed_) logits[token] = -INFINITY;

  const whisper_token end_of_text = whisper_token_eot(self.context_);
  std::vector<whisper_token> text;
  text.reserve(count);
  for (int i = 0; i < count; ++i) {
    if (tokens[i].id < end_of_text) text.push_back(tokens[i].id);
  }
  if (!ends_in_loop(text, self.loop_turns_)) return;
  self.looped_ = true;
  std::fill(logits, logits + whisper_n_vocab(self.context_), -INFINITY);
  logits[end_of_text] = 0.0f;
}

}  // namespace whisperpool
