#include "token_text.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace whisperpool {
namespace {

constexpr double kNoTime = std::numeric_limits<double>::quiet_NaN();

// Gathers the tokens between two timestamps.
class SegmentBuilder {
 public:
  void add(const std::string &bytes, const whisper_token_data &token, const TokenTimes &times) {
    if (pending_ && !segment_.tokens.empty()) {  // the rest of a character that the last token began
      Token &open = segment_.tokens.back();
      open.text += bytes;
      open.probability = std::min(open.probability, token.p);
      open.end_seconds = times.end_seconds;
    } else {
      segment_.tokens.push_back({bytes, token.p, times.start_seconds, times.end_seconds});
    }
    pending_ = ends_inside_character(segment_.tokens.back().text);
    log_probability_ += token.plog;
    count_ += 1;
  }

  bool empty() const { return count_ == 0; }

  Segment take(double start_seconds, double end_seconds) {
    for (const Token &token : segment_.tokens) segment_.text += token.text;
    segment_.start_seconds = start_seconds;
    segment_.end_seconds = std::max(start_seconds, end_seconds);
    segment_.average_log_probability = log_probability_ / count_;
    Segment taken = std::move(segment_);
    *this = SegmentBuilder();
    return taken;
  }

 private:
  Segment segment_{};
  bool pending_ = false;
  double log_probability_ = 0;
  int count_ = 0;
};

}  // namespace

bool ends_inside_character(const std::string &bytes) {
  size_t trailing = 0;
  while (trailing < bytes.size() && trailing < 4) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - 1 - trailing]);
    if ((byte & 0xC0) != 0x80) {  // a lead byte, or ASCII
      const size_t needed = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : byte >= 0xC0 ? 1 : 0;
      return trailing < needed;
    }
    ++trailing;
  }
  return false;  // stray continuation bytes: nothing that follows can complete them
}

std::vector<Segment> segments_of(whisper_context *context, const std::vector<whisper_token_data> &tokens,
                                 const std::vector<TokenTimes> &times, double piece_seconds) {
  const whisper_token first_timestamp = whisper_token_beg(context);
  const whisper_token end_of_text = whisper_token_eot(context);
  const auto seconds_of = [&](whisper_token id) { return std::min((id - first_timestamp) * 0.02, piece_seconds); };

  std::vector<Segment> segments;
  SegmentBuilder builder;
  double start_seconds = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const whisper_token_data &token = tokens[i];
    if (token.id >= first_timestamp) {
      const double at_seconds = seconds_of(token.id);
      if (!builder.empty()) segments.push_back(builder.take(start_seconds, at_seconds));
      start_seconds = at_seconds;
    } else if (token.id < end_of_text) {
      builder.add(whisper_token_to_str(context, token.id), token, times.empty() ? TokenTimes{kNoTime, kNoTime} : times[i]);
    }
  }
  if (!builder.empty()) segments.push_back(builder.take(start_seconds, piece_seconds));
  return segments;
}

}  // namespace whisperpool
