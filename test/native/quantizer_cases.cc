#include <cmath>
#include <limits>

#include "cases.h"
#include "ggml.h"
#include "quantizer.h"

namespace whisperpool::test {
namespace {

constexpr size_t kRowElements = 64;

// Values of both signs and of many sizes, as weights are.
std::vector<float> weights(size_t rows) {
  std::vector<float> values(rows * kRowElements);
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<float>(i) * 0.37f) * 0.05f;
  return values;
}

std::vector<float> read_back(ggml_type type, const std::vector<uint8_t> &stored, size_t count) {
  std::vector<float> values(count);
  ggml_get_type_traits(type)->to_float(stored.data(), values.data(), static_cast<int64_t>(count));
  return values;
}

CASE("every variant comes back as near as its bits allow") {
  struct {
    ggml_type type;
    float error;  // as a share of the largest value: half a step; a whole one where there is a step more below 0 than above
  } const variants[] = {{GGML_TYPE_F16, 0.0f},         {GGML_TYPE_Q8_0, 0.5f / 127}, {GGML_TYPE_Q5_1, 1.0f / 31},
                        {GGML_TYPE_Q5_0, 1.0f / 16}, {GGML_TYPE_Q4_1, 1.0f / 15},    {GGML_TYPE_Q4_0, 1.0f / 8}};
  const float rounding = 3.0f / 2048;  // of the scale and the offset to f16
  const std::vector<float> values = weights(5);
  for (const auto &variant : variants) {
    const std::string name = ggml_type_name(variant.type);
    const std::vector<uint8_t> stored = quantize_rows(name, values.data(), values.size(), kRowElements);
    expect(stored.size() == 5 * ggml_row_size(variant.type, kRowElements), name + " has another size");
    const std::vector<float> found = read_back(variant.type, stored, values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      expect_between(std::fabs(found[i] - values[i]), 0.0f, 0.05f * (variant.error + rounding), name + "'s error");
    }
  }
}

CASE("rows quantised one at a time are the rows quantised at once") {
  const std::vector<float> values = weights(7);
  for (const char *variant : {"f16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0"}) {
    std::vector<uint8_t> joined;
    for (size_t row = 0; row < 7; ++row) {
      const std::vector<uint8_t> stored =
          quantize_rows(variant, values.data() + row * kRowElements, kRowElements, kRowElements);
      joined.insert(joined.end(), stored.begin(), stored.end());
    }
    expect(joined == quantize_rows(variant, values.data(), values.size(), kRowElements),
           std::string(variant) + " depends on the slice");
  }
}

CASE("what cannot be quantised is refused") {
  const std::vector<float> values = weights(2);
  const auto refused = [&values](const std::string &what, const std::string &variant, size_t count, size_t row) {
    expect_code("OPTION_INVALID", what, [&] { quantize_rows(variant, values.data(), count, row); });
  };
  for (const char *variant : {"", "f32", "q8_1", "q4_k", "q2_k", "iq4_nl", "i8", "Q8_0", "q8_0 "}) {
    refused(std::string("the variant `") + variant + "`", variant, 64, 64);
  }
  refused("half a block", "q8_0", 64, 16);
  refused("no row length", "f16", 64, 0);
  refused("no values", "q8_0", 0, 64);
  refused("a row and a half", "q8_0", 96, 64);
  refused("more than one call takes", "f16", size_t{1} << 31, 64);
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -65505.0f}) {
    std::vector<float> bad = values;
    bad.back() = value;
    expect_code("OPTION_INVALID", std::to_string(value),
                [&bad] { quantize_rows("q8_0", bad.data(), bad.size(), kRowElements); });
  }
}

}  // namespace
}  // namespace whisperpool::test
