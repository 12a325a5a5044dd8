#include "attention.h"

#include <algorithm>
#include <cstring>

#include "ggml-backend.h"

namespace whisperpool {
namespace {

// whisper.cpp makes graphs of at most 4,096 nodes. With its 32 layers, `large` fills some 2,700.
constexpr int64_t kMostGroups = 8;

// What an attention was built from. The queries and what becomes of them have one column for each channel of a frame.
struct Attention {
  ggml_tensor *keys;     // [width][frames][heads]
  ggml_tensor *queries;  // [width][frames][heads], a view of [heads · width][frames]
  float scale;
};

// Whether `scores` are those of the encoder: of frames that attend to all frames, with keys that were made for it. The
// decoder has masks, or keys from a cache, and reads its queries again where words are timed.
bool is_encoders(const ggml_tensor *scores) {
  if (scores->op != GGML_OP_SOFT_MAX || scores->src[1] || scores->src[0]->op != GGML_OP_MUL_MAT) return false;
  const ggml_tensor *keys = scores->src[0]->src[0];
  const ggml_tensor *queries = scores->src[0]->src[1];
  return keys->view_src && keys->view_src->op == GGML_OP_CPY && queries->view_src && queries->view_offs == 0 &&
         queries->view_src->type == GGML_TYPE_F32 && ggml_is_contiguous(queries->view_src);
}

Attention attention_of(const ggml_tensor *scores) {
  Attention attention{scores->src[0]->src[0], scores->src[0]->src[1], 1.0f};
  std::memcpy(&attention.scale, scores->op_params, sizeof(float));
  return attention;
}

ggml_tensor *heads_of(ggml_context *graph, ggml_tensor *all, int64_t first, int64_t count) {
  return ggml_view_3d(graph, all, all->ne[0], all->ne[1], count, all->nb[1], all->nb[2], first * all->nb[2]);
}

// Each group's result takes the place of its queries, which nobody needs any more.
ggml_tensor *attend_by_groups(ggml_context *graph, const Attention &attention, ggml_tensor *values) {
  ggml_tensor *queries = attention.queries;
  const int64_t width = queries->ne[0];
  const int64_t frames = queries->ne[1];
  const int64_t heads = queries->ne[2];
  const size_t frame_bytes = queries->nb[1];
  const size_t head_bytes = queries->nb[2];
  const int64_t at_once = (heads + kMostGroups - 1) / kMostGroups;
  ggml_tensor *merged = queries->view_src;
  for (int64_t first = 0; first < heads; first += at_once) {
    const int64_t count = std::min(at_once, heads - first);
    const size_t offset = first * head_bytes;
    ggml_tensor *asked = ggml_view_3d(graph, merged, width, frames, count, frame_bytes, head_bytes, offset);
    ggml_tensor *products = ggml_mul_mat(graph, heads_of(graph, attention.keys, first, count), asked);
    ggml_tensor *scores = ggml_soft_max_ext(graph, products, nullptr, attention.scale, 0.0f);
    ggml_tensor *answer = ggml_mul_mat(graph, heads_of(graph, values, first, count), scores);
    merged = ggml_set_inplace(graph, merged, answer, frame_bytes, head_bytes, queries->nb[3], offset);
  }
  return ggml_view_3d(graph, merged, width, frames, heads, frame_bytes, head_bytes, 0);
}

}  // namespace

ggml_tensor *product_or_attention(ggml_context *graph, ggml_tensor *left, ggml_tensor *right) {
  if (is_encoders(right) && !ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_GPU)) {
    return attend_by_groups(graph, attention_of(right), left);
  }
  return ggml_mul_mat(graph, left, right);
}

}  // namespace whisperpool
