#pragma once
#include "ggml.h"

namespace whisperpool {

// Stands in for ggml_mul_mat where whisper.cpp builds its graphs: the same product, but for the last one of the encoder's
// attention. That is built again for a few heads at a time, which gives the same numbers. The scores of all heads at once
// are what most of a decode's memory is for: 4 · heads · frames² bytes, 11 MiB for 11 s on `base`, and every layer writes
// and reads them thrice. Not where there is a GPU, which would start many small kernels instead of a few.
ggml_tensor *product_or_attention(ggml_context *graph, ggml_tensor *left, ggml_tensor *right);

}  // namespace whisperpool
