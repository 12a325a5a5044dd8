// The yardstick of bench/overhead: what the same library, with the kernels that it is built with here, does with the same
// parameters when nothing lies between it and main(). One context, one state, warmed; then one decode for each line of
// standard input.
//
//   decode_baseline MODEL THREADS LANGUAGE
//   stdin   ENCODER_CONTEXT <tab> MAX_TOKENS <tab> path of raw 16 kHz mono float32 samples
//   stdout  seconds of the decode <tab> text
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "whisper.h"
#include "whisper_unit.h"

namespace {

struct ContextDeleter {
  void operator()(whisper_context *context) const { whisper_free(context); }
};
struct StateDeleter {
  void operator()(whisper_state *state) const { whisper_free_state(state); }
};

struct Request {
  int encoder_context = 0;
  int max_tokens = 0;
  std::vector<float> samples;
};

std::vector<float> read_samples(const std::string &path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  std::vector<float> samples(static_cast<size_t>(file.tellg()) / sizeof(float));
  file.seekg(0);
  file.read(reinterpret_cast<char *>(samples.data()), static_cast<std::streamsize>(samples.size() * sizeof(float)));
  return samples;
}

Request parse(const std::string &line) {
  std::istringstream fields(line);
  Request request;
  std::string path;
  fields >> request.encoder_context >> request.max_tokens >> std::ws;
  std::getline(fields, path);
  request.samples = read_samples(path);
  return request;
}

// The parameters of native/decoder.cc, less its logits filter: what the filter costs counts against the addon.
whisper_full_params parameters(const Request &request, int threads, const char *language) {
  whisper_full_params params = whisper_full_default_params(WHISPER_SAMPLING_GREEDY);
  params.n_threads = threads;
  params.audio_ctx = request.encoder_context;
  params.max_tokens = request.max_tokens;
  params.language = language;
  params.no_context = true;
  params.single_segment = true;
  params.greedy.best_of = 1;
  params.temperature_inc = 0;
  params.suppress_nst = false;
  params.print_progress = params.print_realtime = params.print_timestamps = params.print_special = false;
  return params;
}

std::string text_of(whisper_state *state) {
  std::string text;
  for (int i = 0; i < whisper_full_n_segments_from_state(state); ++i) {
    text += whisper_full_get_segment_text_from_state(state, i);
  }
  return text;
}

// With the spectrogram that the addon hears, too: whisper.cpp's takes ten times as long and differs in the fifth place,
// which a close call between two tokens may turn on.
bool decode(whisper_context *context, whisper_state *state, const Request &request, int threads, const char *language) {
  whisperpool::hear(*context, *state, request.samples);
  return whisper_full_with_state(context, state, parameters(request, threads, language), nullptr, 0) == 0;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: decode_baseline MODEL THREADS LANGUAGE\n");
    return 2;
  }
  const int threads = std::atoi(argv[2]);
  whisper_log_set([](ggml_log_level, const char *, void *) {}, nullptr);

  whisper_context_params context_params = whisper_context_default_params();
  context_params.use_gpu = false;
  context_params.flash_attn = false;
  const std::unique_ptr<whisper_context, ContextDeleter> context(
      whisper_init_from_file_with_params_no_state(argv[1], context_params));
  if (!context) {
    std::fprintf(stderr, "decode_baseline: cannot load the model\n");
    return 1;
  }
  const std::unique_ptr<whisper_state, StateDeleter> state(whisper_init_state(context.get()));

  Request silence;
  silence.encoder_context = 512;
  silence.max_tokens = 1;
  silence.samples.assign(WHISPER_SAMPLE_RATE * 11 / 10, 0.0f);
  if (!state || !decode(context.get(), state.get(), silence, threads, argv[3])) {
    std::fprintf(stderr, "decode_baseline: cannot decode\n");
    return 1;
  }

  for (std::string line; std::getline(std::cin, line);) {
    const Request request = parse(line);
    const auto start = std::chrono::steady_clock::now();
    if (request.samples.empty() || !decode(context.get(), state.get(), request, threads, argv[3])) {
      std::fprintf(stderr, "decode_baseline: cannot decode `%s`\n", line.c_str());
      return 1;
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%.6f\t%s\n", seconds, text_of(state.get()).c_str());
    std::fflush(stdout);
  }
  return 0;
}
