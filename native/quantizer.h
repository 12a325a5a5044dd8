#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace whisperpool {

// Whole rows of `row_elements` values, stored as ggml stores them in `variant`: f16, q8_0, q5_1, q5_0, q4_1 or q4_0.
// Throws NativeError OPTION_INVALID.
std::vector<uint8_t> quantize_rows(const std::string &variant, const float *values, size_t count, size_t row_elements);

}  // namespace whisperpool
