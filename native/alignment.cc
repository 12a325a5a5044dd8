#include "alignment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

namespace whisperpool {
namespace {

constexpr int kMedianWidth = 7;

// Attention of one head: rows are frames, columns are tokens; each column is made comparable with the others of its
// frame by removing the frame's mean and dividing by its deviation.
void normalise_over_tokens(const float *weights, int frames, int tokens, std::vector<float> &normalised) {
  for (int frame = 0; frame < frames; ++frame) {
    const float *row = weights + static_cast<size_t>(frame) * tokens;
    double sum = 0, squares = 0;
    for (int token = 0; token < tokens; ++token) {
      sum += row[token];
      squares += static_cast<double>(row[token]) * row[token];
    }
    const double mean = sum / tokens;
    const double deviation = std::sqrt(std::max(squares / tokens - mean * mean, 1e-18));
    for (int token = 0; token < tokens; ++token) {
      normalised[static_cast<size_t>(frame) * tokens + token] = static_cast<float>((row[token] - mean) / deviation);
    }
  }
}

// The median of `kMedianWidth` frames around `frame`, mirrored at both ends.
float median_over_time(const std::vector<float> &normalised, int frames, int tokens, int frame, int token) {
  std::array<float, kMedianWidth> window;
  for (int i = 0; i < kMedianWidth; ++i) {
    int at = std::abs(frame + i - kMedianWidth / 2);
    if (at >= frames) at = 2 * (frames - 1) - at;
    window[i] = normalised[static_cast<size_t>(std::clamp(at, 0, frames - 1)) * tokens + token];
  }
  std::nth_element(window.begin(), window.begin() + kMedianWidth / 2, window.end());
  return window[kMedianWidth / 2];
}

// How much each frame belongs to each row, averaged over heads; [row][frame].
std::vector<float> affinity(const CrossAttention &attention, int first_token, int rows, int frames) {
  std::vector<float> mean(static_cast<size_t>(rows) * frames, 0.0f);
  std::vector<float> normalised(static_cast<size_t>(frames) * attention.tokens);
  for (int head = 0; head < attention.heads; ++head) {
    const float *weights =
        attention.weights.data() + static_cast<size_t>(head) * attention.frames * attention.tokens;
    normalise_over_tokens(weights, frames, attention.tokens, normalised);
    for (int row = 0; row < rows; ++row) {
      for (int frame = 0; frame < frames; ++frame) {
        mean[static_cast<size_t>(row) * frames + frame] +=
            median_over_time(normalised, frames, attention.tokens, frame, first_token + row) / attention.heads;
      }
    }
  }
  return mean;
}

}  // namespace

std::vector<int> align(const CrossAttention &attention, int first_token, int rows, int frames) {
  frames = std::min(frames, attention.frames);
  if (rows < 1 || frames < 1 || first_token < 0 || first_token + rows > attention.tokens) return {};
  const std::vector<float> gain = affinity(attention, first_token, rows, frames);

  // best[row][frame]: the largest summed affinity of a monotonic path that ends there. A path may stay on a row,
  // or move on to the next one with or without a new frame.
  enum Move : uint8_t { kDiagonal, kNextRow, kNextFrame };
  const auto at = [frames](int row, int frame) { return static_cast<size_t>(row) * frames + frame; };
  std::vector<float> best(gain.size());
  std::vector<uint8_t> move(gain.size(), kNextFrame);
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  for (int row = 0; row < rows; ++row) {
    for (int frame = 0; frame < frames; ++frame) {
      const float diagonal = row > 0 && frame > 0 ? best[at(row - 1, frame - 1)] : kNever;
      const float next_row = row > 0 ? best[at(row - 1, frame)] : kNever;
      const float next_frame = frame > 0 ? best[at(row, frame - 1)] : kNever;
      float from = 0.0f;
      if (row > 0 || frame > 0) {
        from = std::max({diagonal, next_row, next_frame});
        move[at(row, frame)] = from == next_frame ? kNextFrame : from == diagonal ? kDiagonal : kNextRow;
      }
      best[at(row, frame)] = from + gain[at(row, frame)];
    }
  }

  std::vector<int> starts(rows, 0);
  int row = rows - 1, frame = frames - 1;
  while (row > 0) {
    const uint8_t step = move[at(row, frame)];
    if (step != kNextFrame) starts[row--] = frame;
    if (step != kNextRow) --frame;
  }
  return starts;
}

}  // namespace whisperpool
