#pragma once
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "audio_file.h"
#include "cases.h"
#include "wav_bytes.h"

// The bundled clips, and what the decoders make of them.
namespace whisperpool::test {

inline std::string clip(const Folders &folders, const std::string &format) {
  return folders.clips + "/jfk." + format;
}

inline Bytes bytes_of(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  expect(stream.good(), path + " is missing");
  return Bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

inline std::vector<float> drained(AudioReader &reader, size_t most = 16000) {
  std::vector<float> all;
  for (;;) {
    const std::vector<float> block = reader.read(most);
    if (block.empty()) return all;
    expect(block.size() <= most, "a block is longer than asked for");
    all.insert(all.end(), block.begin(), block.end());
  }
}

inline std::vector<float> decoded(const Bytes &bytes) {
  AudioReader reader(std::make_unique<ByteSource>(bytes));
  return drained(reader);
}

inline std::vector<float> decoded_file(const std::string &path, size_t most = 16000) {
  AudioReader reader(std::make_unique<ByteSource>(path));
  return drained(reader, most);
}

inline Bytes part_of(const Bytes &bytes, double fraction) {
  return Bytes(bytes.begin(),
               bytes.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(bytes.size()) * fraction));
}

}  // namespace whisperpool::test
