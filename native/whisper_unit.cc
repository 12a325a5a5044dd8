// whisper.cpp compiled inside our own translation unit, so that whisper_state and whisper_context are complete
// types here. Five things need that: loads that fail without a leak, an abort that acts within a graph, DTW word times
// over weights that other threads share, one VAD for many streams, and repeatable sampling. Everything else goes
// through whisper.h. And its graphs are built with an attention of ours.
#include "attention.h"
#define ggml_mul_mat whisperpool::product_or_attention
#include "whisper.cpp"  // NOLINT(bugprone-suspicious-include)
#undef ggml_mul_mat

#include "mel_spectrogram.h"
#include "whisper_unit.h"

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace whisperpool {

ContextPointer load_context(whisper_model_loader loader, const std::string &path,
                            const whisper_context_params &params) {
  ggml_time_init();
  ContextPointer context(new whisper_context);
  context->params = params;
  context->path_model = path;
  if (!whisper_model_load(&loader, *context) || context->model.n_loaded == 0) return nullptr;
  return context;
}

void set_abort_callback(whisper_state &state, ggml_abort_callback callback, void *argument) {
  for (ggml_backend_t backend : state.backends) {
    ggml_backend_dev_t device = ggml_backend_get_device(backend);
    ggml_backend_reg_t registry = device ? ggml_backend_dev_backend_reg(device) : nullptr;
    if (!registry) continue;
    auto set = reinterpret_cast<ggml_backend_set_abort_callback_t>(
        ggml_backend_reg_get_proc_address(registry, "ggml_backend_set_abort_callback"));
    if (set) set(backend, callback, argument);
  }
}

#ifdef __linux__
namespace {

// madvise on the whole pages within; advice that is refused changes nothing.
void advise(const void *start, size_t bytes, size_t page_bytes, int advice) {
  const auto base = reinterpret_cast<uintptr_t>(start);
  const uintptr_t first = (base + page_bytes - 1) / page_bytes * page_bytes;
  const uintptr_t last = (base + bytes) / page_bytes * page_bytes;
  if (first < last) madvise(reinterpret_cast<void *>(first), last - first, advice);
}

void advise(ggml_backend_buffer_t buffer, size_t page_bytes, int advice) {
  if (!buffer || !ggml_backend_buffer_is_host(buffer)) return;
  advise(ggml_backend_buffer_get_base(buffer), ggml_backend_buffer_get_size(buffer), page_bytes, advice);
}

}  // namespace

void use_huge_pages(const whisper_context &context) {
  constexpr size_t kHugePageBytes = 2 << 20;
  constexpr int kCollapse = 25;  // MADV_COLLAPSE, since Linux 6.1; older C libraries do not name it
  for (ggml_backend_buffer_t buffer : context.model.buffers) advise(buffer, kHugePageBytes, kCollapse);
}

void release_unused_pages(whisper_state &state) {
  const auto page_bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  // Private anonymous memory reads as zeros afterwards, which is what it was cleared to.
  for (const whisper_kv_cache *cache : {&state.kv_self, &state.kv_cross, &state.kv_pad}) {
    advise(cache->buffer, page_bytes, MADV_DONTNEED);
  }
  for (const whisper_sched *graphs : {&state.sched_conv, &state.sched_encode, &state.sched_cross, &state.sched_decode}) {
    advise(graphs->meta.data(), graphs->meta.size(), page_bytes, MADV_DONTNEED);
  }
}
#else
void use_huge_pages(const whisper_context &) {}
void release_unused_pages(whisper_state &) {}
#endif

void reset_sampling(whisper_state &state) { state.decoders[0].rng = std::mt19937(0); }

void hear(const whisper_context &context, whisper_state &state, const std::vector<float> &samples) {
  const int64_t start_us = ggml_time_us();
  const whisper_filters &filters = context.model.filters;
  MelSpectrogram mel = mel_spectrogram(samples.data(), samples.size(), {filters.n_mel, filters.data});
  state.mel = {mel.frames, mel.spoken_frames, filters.n_mel, std::move(mel.values)};
  state.t_mel_us += ggml_time_us() - start_us;
}

void hear_loudness(whisper_state &state, const std::vector<float> &samples) {
  state.energy = get_signal_energy(samples.data(), static_cast<int>(samples.size()), 32);
}

VadMemory vad_memory(const whisper_vad_context &context) {
  return {static_cast<float *>(ggml_backend_buffer_get_base(context.buffer)),
          ggml_backend_buffer_get_size(context.buffer) / sizeof(float)};
}

void set_encoder_context(whisper_state &state, int frames) { state.exp_n_audio_ctx = frames; }

Counters read_counters(const whisper_state &state) {
  return {state.t_mel_us, state.t_encode_us, state.t_decode_us + state.t_batchd_us + state.t_prompt_us,
          state.t_sample_us, state.n_fail_p};
}

float no_speech_probability(whisper_context &context, whisper_state &state, int threads) {
  if (!whisper_is_multilingual(&context)) return state.no_speech_prob;
  const whisper_token start = whisper_token_sot(&context);
  if (whisper_decode_with_state(&context, &state, &start, 1, 0, threads) != 0) return state.no_speech_prob;
  const int count = whisper_n_vocab(&context);
  std::vector<float> log_probabilities(count);
  std::vector<float> probabilities(count);
  whisper_compute_logprobs(state.logits, count, log_probabilities);
  whisper_compute_probs(state.logits, count, log_probabilities, probabilities);
  return probabilities[whisper_token_nosp(&context)];
}

AlignmentView::AlignmentView(const whisper_context &context) : context_(std::make_unique<whisper_context>()) {
  // A shallow copy: whisper_model holds handles that only whisper_free releases, and the view is never given to it.
  context_->params = context.params;
  context_->params.dtw_token_timestamps = true;
  context_->wtype = context.wtype;
  context_->itype = context.itype;
  context_->model = context.model;
}

AlignmentView::~AlignmentView() = default;

bool read_cross_attention(AlignmentView &view, whisper_state &state, const std::vector<whisper_token> &tokens,
                          int threads, CrossAttention &attention) {
  whisper_context &context = view.context();
  if (context.params.flash_attn || context.params.dtw_aheads_preset == WHISPER_AHEADS_NONE) return false;
  if (state.aheads_masks.m.empty() &&
      !aheads_masks_init(context.params, context.model.hparams, state.aheads_masks, state.backends[0])) {
    return false;
  }

  whisper_kv_cache_clear(state.kv_self);
  whisper_batch_prep_legacy(state.batch, tokens.data(), static_cast<int>(tokens.size()), 0, 0);
  if (!whisper_decode_internal(context, state, state.batch, threads, true, nullptr, nullptr)) return false;

  const ggml_tensor *weights = state.aheads_cross_QKs;
  if (!weights || weights->type != GGML_TYPE_F32 || !ggml_is_contiguous(weights)) return false;
  attention.tokens = static_cast<int>(weights->ne[0]);
  attention.frames = static_cast<int>(weights->ne[1]);
  attention.heads = static_cast<int>(weights->ne[2]);
  attention.weights.resize(static_cast<size_t>(ggml_nelements(weights)));
  ggml_backend_tensor_get(weights, attention.weights.data(), 0, ggml_nbytes(weights));
  return true;
}

}  // namespace whisperpool
