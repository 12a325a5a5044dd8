#pragma once
#include <vector>

#include "whisper_unit.h"

namespace whisperpool {

// Start frames of `rows` consecutive tokens from cross-attention, by dynamic time warping over its first `frames`
// frames. Row 0 of the alignment is token `first_token` of `attention`, the position that *predicts* the first
// word token; the last row is the one that predicts the end of text, so its start is the end of the last word.
// Method: OpenAI whisper/timing.py (normalise over tokens, median filter over time, mean over heads, DTW).
std::vector<int> align(const CrossAttention &attention, int first_token, int rows, int frames);

}  // namespace whisperpool
