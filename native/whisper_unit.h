#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ggml-backend.h"
#include "whisper.h"

// What whisper.h does not offer and its internals do. Implemented in whisper_unit.cc, the translation unit that
// includes whisper.cpp itself.
namespace whisperpool {

struct ContextDeleter {
  void operator()(whisper_context *context) const { whisper_free(context); }
};
using ContextPointer = std::unique_ptr<whisper_context, ContextDeleter>;

// Weights without a state; null when they are not what their header says, for which the log has the reason. `path` is
// where companions of the file are looked for. What the loader throws is passed on. Unlike whisper.cpp's own
// initialiser, gives back the memory of a load that fails, and takes no file for a model that has no tensors.
ContextPointer load_context(whisper_model_loader loader, const std::string &path,
                            const whisper_context_params &params);

// Polls between the nodes of a graph. whisper_full's own abort callback is only asked between whole graphs, which
// on `base` is up to 1.4 s late.
void set_abort_callback(whisper_state &state, ggml_abort_callback callback, void *argument);

// Puts the weights on huge pages where the system lets a program ask for them: they are read from end to end for
// every token, and small pages cost a table walk every 4 KB.
void use_huge_pages(const whisper_context &context);

// Gives back what whisper.cpp clears and does not fill: the key-value caches, made for a full 30 s window of which a piece
// of speech takes half, and the room for graphs of four thousand nodes. Pages come back, zeroed, one by one as they are used.
void release_unused_pages(whisper_state &state);

// Forgets the random state that temperature fallbacks leave behind, so that equal input gives equal output.
void reset_sampling(whisper_state &state);

// What is encoded next, instead of samples given to whisper.cpp, whose own way to a spectrum takes ten times as long.
void hear(const whisper_context &context, whisper_state &state, const std::vector<float> &samples);

// How loud the samples are over time, which whisper.cpp's heuristic word times need.
void hear_loudness(whisper_state &state, const std::vector<float> &samples);

// What Silero's network remembers of the audio before: both states of its LSTM. Zeros before the first sample, which
// whisper.cpp leaves to its caller.
struct VadMemory {
  float *values;
  size_t count;
};
VadMemory vad_memory(const whisper_vad_context &context);

// Frames of the next encode outside whisper_full (language detection); 0 is the full window.
void set_encoder_context(whisper_state &state, int frames);

struct Counters {
  int64_t mel_us, encode_us, decode_us, sample_us;
  int32_t temperature_fallbacks;
};
Counters read_counters(const whisper_state &state);

// Of the audio that was encoded last: how likely the model finds it that nobody speaks. whisper.cpp reads it after the
// last token of the prompt, which in multilingual models is no place where it was trained; there it takes one more step.
float no_speech_probability(whisper_context &context, whisper_state &state, int threads);

// The same weights with cross-attention output switched on. whisper.cpp keeps that switch in the context, which
// here is shared by threads that decode without it.
class AlignmentView {
 public:
  explicit AlignmentView(const whisper_context &context);
  ~AlignmentView();
  AlignmentView(const AlignmentView &) = delete;
  AlignmentView &operator=(const AlignmentView &) = delete;
  whisper_context &context() { return *context_; }

 private:
  std::unique_ptr<whisper_context> context_;
};

// Softmaxed cross-attention of the alignment heads, [head][frame][token].
struct CrossAttention {
  int heads = 0;
  int frames = 0;
  int tokens = 0;
  std::vector<float> weights;
};

// Runs the decoder once over `tokens` against what `state` encoded last. False when the model has no alignment
// heads that fit it, or when the state's abort callback stopped the graph.
bool read_cross_attention(AlignmentView &view, whisper_state &state, const std::vector<whisper_token> &tokens,
                          int threads, CrossAttention &attention);

}  // namespace whisperpool
