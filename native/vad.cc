#include "vad.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "native_error.h"
#include "native_log.h"
#include "vad_weights.h"
#include "whisper_unit.h"

namespace whisperpool {
namespace {

constexpr size_t kWindowsPerCall = 4096;  // whisper.h counts samples in an int

// The checked bytes themselves are loaded, not the file again.
struct WeightsReader {
  std::vector<uint8_t> bytes;
  size_t position = 0;
  bool ended = false;

  static size_t read(void *self, void *target, size_t count) {
    auto &reader = *static_cast<WeightsReader *>(self);
    const size_t given = std::min(count, reader.bytes.size() - reader.position);
    std::memcpy(target, reader.bytes.data() + reader.position, given);
    std::memset(static_cast<char *>(target) + given, 0, count - given);
    reader.position += given;
    reader.ended = reader.ended || given < count;
    return given;
  }
  static bool eof(void *self) { return static_cast<WeightsReader *>(self)->ended; }
  static void close(void *) {}
};

}  // namespace

Vad::Vad(const std::string &path) {
  WeightsReader reader{read_vad_weights(path)};
  whisper_model_loader loader = {&reader, WeightsReader::read, WeightsReader::eof, WeightsReader::close};
  whisper_vad_context_params params = whisper_vad_default_context_params();
  params.n_threads = 1;
  params.use_gpu = false;
  take_last_log_error();
  context_.reset(whisper_vad_init_with_params(&loader, params));
  if (!context_) {
    throw NativeError("MODEL_LOAD_FAILED", "The VAD weights could not be loaded: " + take_last_log_error());
  }
}

std::vector<float> Vad::new_memory() const { return std::vector<float>(vad_memory(*context_).count); }

std::vector<float> Vad::probabilities(std::vector<float> &memory, const float *samples, size_t count) {
  const float *invalid =
      std::find_if(samples, samples + count, [](float sample) { return !std::isfinite(sample); });
  if (invalid != samples + count) {
    throw NativeError("AUDIO_INVALID",
                      "Sample " + std::to_string(invalid - samples) + " is not a finite number.");
  }
  std::vector<float> probabilities;
  probabilities.reserve(count / window_samples() + 1);
  const VadMemory network = vad_memory(*context_);
  std::copy(memory.begin(), memory.end(), network.values);
  take_last_log_error();
  for (size_t from = 0; from < count; from += kWindowsPerCall * window_samples()) {
    const int length = static_cast<int>(std::min(count - from, kWindowsPerCall * window_samples()));
    const bool computed = whisper_vad_detect_speech_no_reset(context_.get(), samples + from, length);
    // A graph that fails halfway is only logged.
    const std::string error = take_last_log_error();
    if (!computed || !error.empty())
      throw NativeError("DECODE_FAILED", "Voice activity detection failed. " + error);
    const float *found = whisper_vad_probs(context_.get());
    probabilities.insert(probabilities.end(), found, found + whisper_vad_n_probs(context_.get()));
  }
  std::copy_n(network.values, network.count, memory.begin());
  return probabilities;
}

}  // namespace whisperpool
