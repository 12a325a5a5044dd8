// ggml's matrix product, with a kernel of our own in front of it for q8_0, the format of the embedded weights. Compiled
// into every CPU library of ggml in place of the file that it includes, so that each has it for its own instructions.
#define llamafile_sgemm upstream_sgemm
#include "llamafile/sgemm.cpp"  // NOLINT(bugprone-suspicious-include)
#undef llamafile_sgemm

#include "q8_product.h"

extern "C" bool llamafile_sgemm(const ggml_compute_params *params, int64_t m, int64_t n, int64_t k, const void *a,
                                int64_t lda, const void *b, int64_t ldb, void *c, int64_t ldc, int a_type, int b_type,
                                int c_type) {
  using whisperpool::Q8Block;
  const bool is_q8 = a_type == GGML_TYPE_Q8_0 && b_type == GGML_TYPE_Q8_0 && c_type == GGML_TYPE_F32;
  if (is_q8 && whisperpool::multiply_q8(static_cast<const Q8Block *>(a), lda, m, static_cast<const Q8Block *>(b), ldb, n,
                                        k, static_cast<float *>(c), ldc, params->ith, params->nth)) {
    return true;
  }
  return upstream_sgemm(params, m, n, k, a, lda, b, ldb, c, ldc, a_type, b_type, c_type);
}
