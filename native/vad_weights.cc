#include "vad_weights.h"

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>

#include "native_error.h"

namespace whisperpool {
namespace {

constexpr uintmax_t kLargestFile = 16 << 20;  // the published weights are 0.9 MB
constexpr int32_t kMagic = 0x67676d6c;
constexpr int32_t kFloat32 = 0, kFloat16 = 1;

struct Tensor {
  const char *name;
  int32_t type;
  std::array<int32_t, 3> shape;
};

// The one architecture whisper.cpp builds its graph for (Silero 5 and 6, 16 kHz).
constexpr int32_t kWindowSamples = 512, kContextSamples = 64;
constexpr std::array<int32_t, 17> kHyperparameters = {4, 129, 128, 3, 128, 64,  3,   64, 64,
                                                      3, 64,  128, 3, 128, 128, 128, 1};
constexpr Tensor kTensors[] = {
    {"_model.encoder.0.reparam_conv.weight", kFloat16, {3, 129, 128}},
    {"_model.encoder.0.reparam_conv.bias", kFloat32, {128, 1, 1}},
    {"_model.encoder.1.reparam_conv.weight", kFloat16, {3, 128, 64}},
    {"_model.encoder.1.reparam_conv.bias", kFloat32, {64, 1, 1}},
    {"_model.encoder.2.reparam_conv.weight", kFloat16, {3, 64, 64}},
    {"_model.encoder.2.reparam_conv.bias", kFloat32, {64, 1, 1}},
    {"_model.encoder.3.reparam_conv.weight", kFloat16, {3, 64, 128}},
    {"_model.encoder.3.reparam_conv.bias", kFloat32, {128, 1, 1}},
    {"_model.decoder.rnn.weight_ih", kFloat32, {128, 512, 1}},
    {"_model.decoder.rnn.weight_hh", kFloat32, {128, 512, 1}},
    {"_model.decoder.rnn.bias_ih", kFloat32, {512, 1, 1}},
    {"_model.decoder.rnn.bias_hh", kFloat32, {512, 1, 1}},
    {"_model.decoder.decoder.2.weight", kFloat16, {128, 1, 1}},
    {"_model.decoder.decoder.2.bias", kFloat32, {1, 1, 1}},
    {"_model.stft.forward_basis_buffer", kFloat16, {256, 1, 258}},
};

NativeError fault(const char *code, const std::string &what) {
  return NativeError(code, "The VAD weights " + what + " Fetch them again.");
}

class Cursor {
 public:
  explicit Cursor(const std::vector<uint8_t> &bytes) : bytes_(bytes) {}

  bool at_end() const { return position_ == bytes_.size(); }

  const uint8_t *take(size_t count) {
    if (count > bytes_.size() - position_) throw fault("MODEL_TRUNCATED", "are cut off.");
    const uint8_t *taken = bytes_.data() + position_;
    position_ += count;
    return taken;
  }

  int32_t integer() {
    int32_t value;
    std::memcpy(&value, take(sizeof value), sizeof value);
    return value;
  }

  std::string text() {
    const int32_t length = integer();
    if (length < 0 || length > 256) throw fault("MODEL_CORRUPT", "have a corrupt name in them.");
    const uint8_t *begin = take(static_cast<size_t>(length));
    return std::string(begin, begin + length);
  }

 private:
  const std::vector<uint8_t> &bytes_;
  size_t position_ = 0;
};

void check_header(Cursor &file) {
  if (file.integer() != kMagic) throw fault("MODEL_CORRUPT", "do not begin like a ggml file.");
  if (file.text() != "silero-16k") {
    throw NativeError("MODEL_UNSUPPORTED", "This ggml file is not a Silero voice activity model for 16 kHz.");
  }
  for (int i = 0; i < 3; ++i) file.integer();  // version
  bool known = file.integer() == kWindowSamples;
  known = file.integer() == kContextSamples && known;
  for (const int32_t expected : kHyperparameters) known = file.integer() == expected && known;
  if (!known) throw fault("MODEL_CORRUPT", "have a corrupt header.");
}

void check_tensor(Cursor &file, std::set<std::string> &seen) {
  const int32_t dimensions = file.integer();
  const int32_t name_length = file.integer();
  const int32_t type = file.integer();
  std::array<int32_t, 3> shape = {1, 1, 1};
  if (dimensions < 0 || dimensions > 3 || name_length < 1 || name_length > 256) {
    throw fault("MODEL_CORRUPT", "have a corrupt tensor in them.");
  }
  for (int32_t i = 0; i < dimensions; ++i) shape[static_cast<size_t>(i)] = file.integer();
  const uint8_t *begin = file.take(static_cast<size_t>(name_length));
  const std::string name(begin, begin + name_length);
  for (const Tensor &tensor : kTensors) {
    if (name != tensor.name) continue;
    if (type != tensor.type || shape != tensor.shape || !seen.insert(name).second) break;
    const auto elements =
        static_cast<size_t>(shape[0]) * static_cast<size_t>(shape[1]) * static_cast<size_t>(shape[2]);
    file.take(elements * (type == kFloat16 ? 2 : 4));
    return;
  }
  throw fault("MODEL_CORRUPT", "have a corrupt tensor in them.");
}

}  // namespace

std::vector<uint8_t> read_vad_weights(const std::string &path) {
  const std::filesystem::path native_path = std::filesystem::u8path(path);
  std::error_code failure;
  const uintmax_t size = std::filesystem::file_size(native_path, failure);
  std::ifstream stream;
  if (!failure) stream.open(native_path, std::ios::binary);
  if (failure || !stream)
    throw NativeError("MODEL_MISSING", "There are no readable VAD weights at " + path + ".");
  if (size > kLargestFile) throw fault("MODEL_CORRUPT", "are far too big.");
  std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};

  Cursor file(bytes);
  check_header(file);
  std::set<std::string> seen;
  while (!file.at_end()) check_tensor(file, seen);
  if (seen.size() != std::size(kTensors)) throw fault("MODEL_TRUNCATED", "are cut off.");
  return bytes;
}

}  // namespace whisperpool
