#include "byte_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "native_error.h"

namespace whisperpool {
namespace {

NativeError missing(const std::string &path, const std::string &what_is_wrong) {
  return NativeError("AUDIO_MISSING", "The audio file " + path + " " + what_is_wrong);
}

NativeError missing_because(const std::string &path, int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return missing(path, "does not exist.");
    case EACCES:
    case EPERM:
      return missing(path, "may not be read: permission denied.");
    default:
      return missing(path, "cannot be opened: " + std::generic_category().message(error) + ".");
  }
}

std::FILE *open_file(const std::filesystem::path &path) {
#ifdef _WIN32
  return _wfopen(path.c_str(), L"rb");
#else
  return std::fopen(path.c_str(), "rbe");
#endif
}

bool seek_file(std::FILE *file, int64_t position) {
#ifdef _WIN32
  return _fseeki64(file, position, SEEK_SET) == 0;
#else
  return fseeko(file, static_cast<off_t>(position), SEEK_SET) == 0;
#endif
}

int64_t position_of(std::FILE *file) {
#ifdef _WIN32
  return _ftelli64(file);
#else
  return static_cast<int64_t>(ftello(file));
#endif
}

}  // namespace

ByteSource::ByteSource(const std::string &path) {
  const std::filesystem::path native_path = std::filesystem::u8path(path);
  std::error_code failure;
  const std::filesystem::file_status status = std::filesystem::status(native_path, failure);
  // Asked before it is opened: opening a named pipe would wait for somebody to write into it.
  if (std::filesystem::is_directory(status)) throw missing(path, "is a folder.");
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw NativeError("AUDIO_UNSUPPORTED",
                      path + " is not a regular file. Read it yourself and pass its bytes.");
  }
  if (failure) throw missing_because(path, failure.value());
  errno = 0;
  file_.reset(open_file(native_path));
  if (!file_) throw missing_because(path, errno);
  size_ = static_cast<int64_t>(std::filesystem::file_size(native_path, failure));
  if (failure) throw missing_because(path, failure.value());
}

ByteSource::ByteSource(std::vector<uint8_t> bytes)
    : bytes_(std::move(bytes)), size_(static_cast<int64_t>(bytes_.size())) {}

size_t ByteSource::read(void *target, size_t count) {
  if (file_) return std::fread(target, 1, count, file_.get());
  count = std::min(count, bytes_.size() - static_cast<size_t>(position_));
  if (count > 0) std::memcpy(target, bytes_.data() + position_, count);
  position_ += static_cast<int64_t>(count);
  return count;
}

bool ByteSource::seek(int64_t position) {
  if (position < 0 || position > size_) return false;
  if (file_) return seek_file(file_.get(), position);
  position_ = position;
  return true;
}

int64_t ByteSource::position() const { return file_ ? position_of(file_.get()) : position_; }

}  // namespace whisperpool
