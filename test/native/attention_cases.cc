#include <cmath>
#include <memory>
#include <vector>

#include "attention.h"
#include "cases.h"
#include "ggml-alloc.h"
#include "ggml-backend.h"

namespace whisperpool::test {
namespace {

constexpr int64_t kWidth = 16;

using Product = ggml_tensor *(*)(ggml_context *, ggml_tensor *, ggml_tensor *);

struct Free {
  void operator()(ggml_context *context) const { ggml_free(context); }
  void operator()(ggml_backend *backend) const { ggml_backend_free(backend); }
  void operator()(ggml_gallocr *allocator) const { ggml_gallocr_free(allocator); }
};

struct Attended {
  std::vector<float> values;
  size_t bytes = 0;
};

std::vector<float> noise(int64_t count, uint32_t seed) {
  std::vector<float> values(count);
  for (float &value : values) {
    value = static_cast<float>(static_cast<int32_t>(seed = seed * 1664525 + 1013904223)) / 2147483648.0f;
  }
  return values;
}

// One layer's attention in the form that whisper.cpp gives its encoder's, with the layer's input added, and what it takes.
Attended attend(Product product, int64_t heads, int64_t frames) {
  const int64_t state = heads * kWidth;
  const std::unique_ptr<ggml_backend, Free> backend(ggml_backend_init_by_type(GGML_BACKEND_DEVICE_TYPE_CPU, nullptr));
  const std::unique_ptr<ggml_context, Free> memory(ggml_init({1 << 20, nullptr, true}));
  ggml_context *context = memory.get();
  ggml_tensor *input = ggml_new_tensor_2d(context, GGML_TYPE_F32, state, frames);
  ggml_tensor *weights = ggml_new_tensor_2d(context, GGML_TYPE_F32, state, 3 * state);
  ggml_set_input(input);
  ggml_set_input(weights);
  const auto projected = [&](int64_t part) {
    return ggml_mul_mat(context, ggml_view_2d(context, weights, state, state, weights->nb[1], part * state * weights->nb[1]), input);
  };
  const auto by_heads = [&](ggml_tensor *all) { return ggml_reshape_3d(context, all, kWidth, heads, frames); };
  ggml_tensor *queries = ggml_permute(context, by_heads(projected(0)), 0, 2, 1, 3);
  ggml_tensor *keys = ggml_permute(context, ggml_cast(context, by_heads(projected(1)), GGML_TYPE_F16), 0, 2, 1, 3);
  ggml_tensor *scores = ggml_soft_max_ext(context, product(context, keys, queries), nullptr, 0.25f, 0.0f);
  ggml_tensor *values = ggml_cast(context, ggml_permute(context, by_heads(projected(2)), 1, 2, 0, 3), GGML_TYPE_F16);
  ggml_tensor *answer = ggml_permute(context, product(context, values, scores), 0, 2, 1, 3);
  ggml_tensor *output = ggml_add(context, ggml_cont_2d(context, answer, state, frames), input);
  ggml_set_output(output);
  ggml_cgraph *graph = ggml_new_graph(context);
  ggml_build_forward_expand(graph, output);

  const std::unique_ptr<ggml_gallocr, Free> allocator(
      ggml_gallocr_new(ggml_backend_get_default_buffer_type(backend.get())));
  expect(ggml_gallocr_alloc_graph(allocator.get(), graph), "no memory for the graph");
  const std::vector<float> heard = noise(state * frames, 1);
  const std::vector<float> learned = noise(3 * state * state, 2);
  ggml_backend_tensor_set(input, heard.data(), 0, ggml_nbytes(input));
  ggml_backend_tensor_set(weights, learned.data(), 0, ggml_nbytes(weights));
  expect(ggml_backend_graph_compute(backend.get(), graph) == GGML_STATUS_SUCCESS, "the graph failed");
  Attended attended{std::vector<float>(state * frames), ggml_gallocr_get_buffer_size(allocator.get(), 0)};
  ggml_backend_tensor_get(output, attended.values.data(), 0, ggml_nbytes(output));
  return attended;
}

}  // namespace

CASE("an attention by groups of heads gives what all heads at once give, in less memory") {
  for (const int64_t heads : {1, 6, 8, 12, 20}) {
    for (const int64_t frames : {33, 200}) {
      const Attended all = attend(ggml_mul_mat, heads, frames);
      const Attended groups = attend(product_or_attention, heads, frames);
      const std::string what = std::to_string(heads) + " heads of " + std::to_string(frames) + " frames";
      expect(std::isfinite(all.values.back()) && groups.values == all.values, what + " give something else");
      expect(heads < 6 || frames < 200 || 2 * groups.bytes < all.bytes,
             what + " take " + std::to_string(groups.bytes) + " bytes in groups, " + std::to_string(all.bytes) + " at once");
    }
  }
}

}  // namespace whisperpool::test
