#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace whisperpool {

// The bytes of an encoded file: on disk, read as they are needed, or in memory.
class ByteSource {
 public:
  // Throws NativeError AUDIO_MISSING when `path` (UTF-8) cannot be opened or is a folder, AUDIO_UNSUPPORTED
  // when it is neither a file nor a folder.
  explicit ByteSource(const std::string &path);
  explicit ByteSource(std::vector<uint8_t> bytes);
  ByteSource(const ByteSource &) = delete;
  ByteSource &operator=(const ByteSource &) = delete;

  size_t read(void *target, size_t count);
  // False, without moving, for a position before the start or behind the end.
  bool seek(int64_t position);
  int64_t position() const;
  int64_t size() const { return size_; }

  // For a decoder that brings its own reading: the open file, or null when the bytes are in memory.
  std::FILE *file() const { return file_.get(); }
  const std::vector<uint8_t> &bytes() const { return bytes_; }

 private:
  struct FileCloser {
    void operator()(std::FILE *file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, FileCloser> file_;
  std::vector<uint8_t> bytes_;
  int64_t size_ = 0;
  int64_t position_ = 0;
};

}  // namespace whisperpool
