#pragma once
#include <string>
#include <vector>

#include "decoder.h"

namespace whisperpool {

// True when `bytes` ends inside a UTF-8 character. Whisper's tokens are byte sequences: a Japanese or Korean
// character may be spread over two or three of them.
bool ends_inside_character(const std::string &bytes);

// Cuts the tokens of one decode into segments at its timestamp tokens. `times` holds start and end seconds per
// token of `tokens`, or is empty.
struct TokenTimes {
  double start_seconds;
  double end_seconds;
};
std::vector<Segment> segments_of(whisper_context *context, const std::vector<whisper_token_data> &tokens,
                                 const std::vector<TokenTimes> &times, double piece_seconds);

}  // namespace whisperpool
