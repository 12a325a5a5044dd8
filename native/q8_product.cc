#include "q8_product.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VNNI__) && defined(__GNUC__)

#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

namespace whisperpool {
namespace {

constexpr int kRows = 16;          // as many as a register has 32-bit lanes
constexpr int kColumns = 8;        // of sums that stay in registers
constexpr int kQuads = 8;          // of four values, in a block
constexpr int64_t kFewColumns = 8;  // for fewer, bringing the rows into the kernel's order does not pay

// The same block of 16 rows: lane i of `quad[q]` has the four values from 4q on of row i. They are stored plus 128, because
// the instruction multiplies unsigned by signed.
struct alignas(64) PackedBlock {
  __m512i quad[kQuads];
  __m512 scale;
};

// What the instruction needs of the other factor: minus 128 times the sum of each block's values, and its scale.
struct Correction {
  int32_t sum;
  float scale;
};

float float_of(uint16_t half) { return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(half))); }

void correct(const Q8Block *columns, int64_t column_stride, int64_t column_count, int64_t blocks, Correction *out) {
  const __m256i ones = _mm256_set1_epi8(1);
  for (int64_t j = 0; j < column_count; ++j) {
    for (int64_t block = 0; block < blocks; ++block) {
      const Q8Block &from = columns[j * column_stride + block];
      const __m256i values = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(from.value));
      const __m256i sums = _mm256_dpbusd_epi32(_mm256_setzero_si256(), ones, values);
      const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
      const __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
      const int32_t sum = _mm_cvtsi128_si32(two) + _mm_extract_epi32(two, 1);
      *out++ = {-128 * sum, float_of(from.scale)};
    }
  }
}

void pack(const Q8Block *rows, int64_t row_stride, int row_count, int64_t blocks, PackedBlock *out) {
  for (int64_t block = 0; block < blocks; ++block) {
    int32_t quads[kQuads][kRows] = {};
    float scales[kRows] = {};
    for (int i = 0; i < row_count; ++i) {
      const Q8Block &from = rows[i * row_stride + block];
      scales[i] = float_of(from.scale);
      int32_t values[kQuads];
      std::memcpy(values, from.value, sizeof values);
      for (int q = 0; q < kQuads; ++q) quads[q][i] = values[q];
    }
    const __m512i plus128 = _mm512_set1_epi8(static_cast<char>(0x80));
    for (int q = 0; q < kQuads; ++q) out[block].quad[q] = _mm512_xor_si512(_mm512_loadu_si512(quads[q]), plus128);
    out[block].scale = _mm512_loadu_ps(scales);
  }
}

int32_t quad_of(const Q8Block &block, int q) {
  int32_t quad;
  std::memcpy(&quad, block.value + 4 * q, sizeof quad);
  return quad;
}

// Without any memory of its own: for when there is none.
void multiply_plainly(const Q8Block *rows, int64_t row_stride, int64_t row_count, const Q8Block *columns,
                      int64_t column_stride, int64_t column_count, int64_t blocks, float *product,
                      int64_t product_stride) {
  for (int64_t j = 0; j < column_count; ++j) {
    for (int64_t i = 0; i < row_count; ++i) {
      float sum = 0;
      for (int64_t block = 0; block < blocks; ++block) {
        const Q8Block &a = rows[i * row_stride + block];
        const Q8Block &b = columns[j * column_stride + block];
        int dot = 0;
        for (int v = 0; v < 4 * kQuads; ++v) dot += a.value[v] * b.value[v];
        sum += static_cast<float>(dot) * float_of(a.scale) * float_of(b.scale);
      }
      product[j * product_stride + i] = sum;
    }
  }
}

template <int N>
void multiply_tile(const PackedBlock *rows, const Q8Block *columns, int64_t column_stride,
                   const Correction *corrections, int64_t blocks, float *product, int64_t product_stride,
                   __mmask16 lanes) {
  __m512 sums[N];
  for (int j = 0; j < N; ++j) sums[j] = _mm512_setzero_ps();
  for (int64_t block = 0; block < blocks; ++block) {
    const PackedBlock &packed = rows[block];
    __m512i dots[N];
    for (int j = 0; j < N; ++j) dots[j] = _mm512_set1_epi32(corrections[j * blocks + block].sum);
#pragma GCC unroll 8
    for (int q = 0; q < kQuads; ++q) {
#pragma GCC unroll 8
      for (int j = 0; j < N; ++j) {
        const __m512i quads = _mm512_set1_epi32(quad_of(columns[j * column_stride + block], q));
        dots[j] = _mm512_dpbusd_epi32(dots[j], packed.quad[q], quads);
      }
    }
    for (int j = 0; j < N; ++j) {
      const __m512 scale = _mm512_mul_ps(packed.scale, _mm512_set1_ps(corrections[j * blocks + block].scale));
      sums[j] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots[j]), scale, sums[j]);
    }
  }
  for (int j = 0; j < N; ++j) _mm512_mask_storeu_ps(product + j * product_stride, lanes, sums[j]);
}

}  // namespace

bool multiply_q8(const Q8Block *rows, int64_t row_stride, int64_t row_count, const Q8Block *columns,
                 int64_t column_stride, int64_t column_count, int64_t blocks, float *product, int64_t product_stride,
                 int thread, int threads) noexcept {
  if (column_count < kFewColumns) return false;
  const int64_t tiles = (row_count + kRows - 1) / kRows;
  const int64_t share = (tiles + threads - 1) / threads;
  const int64_t first = std::min(tiles, share * thread);
  const int64_t end = std::min(tiles, first + share);
  const std::unique_ptr<Correction[]> corrections(new (std::nothrow) Correction[column_count * blocks]);
  const std::unique_ptr<PackedBlock[]> packed(new (std::nothrow) PackedBlock[blocks]);
  if (!corrections || !packed) {
    // The other threads do their shares: nobody would do this one.
    const int64_t row = first * kRows;
    multiply_plainly(rows + row * row_stride, row_stride, std::min(row_count, end * kRows) - row, columns, column_stride,
                     column_count, blocks, product + row, product_stride);
    return true;
  }
  correct(columns, column_stride, column_count, blocks, corrections.get());
  for (int64_t tile = first; tile < end; ++tile) {
    const int64_t row = tile * kRows;
    const int count = static_cast<int>(std::min<int64_t>(kRows, row_count - row));
    pack(rows + row * row_stride, row_stride, count, blocks, packed.get());
    const auto lanes = static_cast<__mmask16>((1u << count) - 1);
    for (int64_t j = 0; j < column_count;) {
      const auto multiply = [&](auto tile_of, int columns_at_once) {
        tile_of(packed.get(), columns + j * column_stride, column_stride, corrections.get() + j * blocks, blocks,
                product + j * product_stride + row, product_stride, lanes);
        j += columns_at_once;
      };
      if (column_count - j >= kColumns) multiply(multiply_tile<kColumns>, kColumns);
      else if (column_count - j >= 4) multiply(multiply_tile<4>, 4);
      else multiply(multiply_tile<1>, 1);
    }
  }
  return true;
}

}  // namespace whisperpool

#else

namespace whisperpool {

bool multiply_q8(const Q8Block *, int64_t, int64_t, const Q8Block *, int64_t, int64_t, int64_t, float *, int64_t, int,
                 int) noexcept {
  return false;
}

}  // namespace whisperpool

#endif
