#include "quantizer.h"

#include <algorithm>
#include <cmath>

#include "ggml.h"
#include "native_error.h"

namespace whisperpool {
namespace {

constexpr size_t kMostElements = size_t{1} << 31;
constexpr float kLargestHalf = 65504.0f;

// The types that need no importance matrix and whose blocks fill the rows of every published network.
constexpr ggml_type kTypes[] = {GGML_TYPE_F16,  GGML_TYPE_Q8_0, GGML_TYPE_Q5_1,
                                GGML_TYPE_Q5_0, GGML_TYPE_Q4_1, GGML_TYPE_Q4_0};

NativeError invalid(const std::string &what) { return NativeError("OPTION_INVALID", what); }

ggml_type type_of(const std::string &variant) {
  for (const ggml_type type : kTypes) {
    if (variant == ggml_type_name(type)) return type;
  }
  throw invalid("There is no quantiser for the variant `" + variant + "`.");
}

}  // namespace

std::vector<uint8_t> quantize_rows(const std::string &variant, const float *values, size_t count,
                                   size_t row_elements) {
  const ggml_type type = type_of(variant);
  const size_t block = static_cast<size_t>(ggml_blck_size(type));
  if (row_elements == 0 || row_elements % block != 0) {
    throw invalid("A row of " + std::to_string(row_elements) + " values is not whole blocks of " +
                  std::to_string(block) + ".");
  }
  if (count == 0 || count % row_elements != 0 || count >= kMostElements) {
    throw invalid(std::to_string(count) + " values are not one or more whole rows of " +
                  std::to_string(row_elements) + ", or are too many at once.");
  }
  // Every type has an f16 in it: the value itself, or the scale of its block.
  const bool storable =
      std::all_of(values, values + count, [](float value) { return std::fabs(value) <= kLargestHalf; });
  if (!storable) throw invalid("A value is not a number, or is larger than 65504.");

  const size_t rows = count / row_elements;
  std::vector<uint8_t> stored(rows * ggml_row_size(type, static_cast<int64_t>(row_elements)));
  ggml_quantize_chunk(type, values, stored.data(), 0, static_cast<int64_t>(rows), static_cast<int64_t>(row_elements),
                      nullptr);
  return stored;
}

}  // namespace whisperpool
