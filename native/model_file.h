#pragma once
#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "whisper.h"

namespace whisperpool {

// The model file that TypeScript checked, held open: what is read is that file, whatever its path names by now.
class ModelFile {
 public:
  // `key` is the checked file as `FileIdentity.key` of src/model/file-identity.ts names it.
  // Throws NativeError OPTION_INVALID when it is no such key, MODEL_MISSING when `path` (UTF-8) cannot be opened,
  // MODEL_CORRUPT when it leads to another file.
  ModelFile(const std::string &path, const std::string &key);
  ModelFile(const ModelFile &) = delete;
  ModelFile &operator=(const ModelFile &) = delete;

  const std::string &path() const { return path_; }
  // Throws NativeError MODEL_CORRUPT when the file was written to since it was checked.
  void require_unchanged() const;
  // For whisper.cpp, which takes every read for a success: instead of giving less than was asked for, the loader
  // throws NativeError MODEL_CORRUPT at an early end and MODEL_LOAD_FAILED at a failed read.
  whisper_model_loader loader();

 private:
  size_t read(void *target, size_t count);

  struct FileCloser {
    void operator()(std::FILE *file) const { std::fclose(file); }
  };
  std::string path_;
  std::array<int64_t, 5> checked_;  // device, inode, size, nanoseconds of the last writing and of the last change
  std::unique_ptr<std::FILE, FileCloser> file_;
  size_t wanted_at_end_ = 0;  // bytes
};

}  // namespace whisperpool
