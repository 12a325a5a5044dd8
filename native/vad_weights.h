#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace whisperpool {

// Reads Silero weights and checks every field that whisper.cpp's loader would trust: header, tensor names,
// shapes, types, and that nothing is missing or left over. Throws NativeError MODEL_MISSING, MODEL_TRUNCATED,
// MODEL_CORRUPT or MODEL_UNSUPPORTED.
std::vector<uint8_t> read_vad_weights(const std::string &path);

}  // namespace whisperpool
