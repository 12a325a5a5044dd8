#pragma once

#include <cstdint>

namespace whisperpool {

// 32 numbers of a row: `value[i] * scale`, the scale an IEEE half. As ggml stores q8_0.
struct Q8Block {
  uint16_t scale;
  int8_t value[32];
};
static_assert(sizeof(Q8Block) == 34, "a block is packed");

// One thread's share of `product[j * product_stride + i] = rows[i] · columns[j]`, all strides in elements. True when it is
// done; false, for all threads, where this build has no kernel for it, or the general one is as fast.
bool multiply_q8(const Q8Block *rows, int64_t row_stride, int64_t row_count, const Q8Block *columns,
                 int64_t column_stride, int64_t column_count, int64_t blocks, float *product, int64_t product_stride,
                 int thread, int threads) noexcept;

}  // namespace whisperpool
