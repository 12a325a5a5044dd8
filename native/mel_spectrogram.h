#pragma once

#include <cstddef>
#include <vector>

namespace whisperpool {

// A model's own, row by row: the weight of each of the 201 frequencies in a band.
struct MelFilters {
  int bands = 0;
  const std::vector<float> &weights;
};

struct MelSpectrogram {
  int frames = 0;         // 10 ms each, with 30 s of silence at the end
  int spoken_frames = 0;  // those before the silence
  std::vector<float> values;  // [band][frame]
};

// What whisper.cpp's encoder hears of 16 kHz mono samples (at least 201). The same as whisper.cpp computes, up to
// rounding, in a tenth of the time.
MelSpectrogram mel_spectrogram(const float *samples, size_t count, const MelFilters &filters);

}  // namespace whisperpool
