#include "model_file.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <system_error>

#ifdef _WIN32
#include <io.h>
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include "native_error.h"

namespace whisperpool {
namespace {

using Identity = std::array<int64_t, 5>;

// whisper.cpp looks for one more tensor, three integers, to find that there is none.
constexpr size_t kWantedAtEnd = 12;

Identity parse_key(const std::string &key) {
  Identity identity;
  const char *at = key.data(), *const end = at + key.size();
  for (int64_t &field : identity) {
    const auto [next, failure] = std::from_chars(at, end, field);
    const bool last = &field == &identity.back();
    if (failure != std::errc() || (last ? next != end : next == end || *next != ':')) {
      throw NativeError("OPTION_INVALID",
                        "Native argument `fileKey` must be device:inode:size:mtimeNs:ctimeNs, not `" + key + "`.");
    }
    at = next + 1;
  }
  return identity;
}

// What Node's `fs.stat` says with `bigint: true`, where all numbers are signed.
#ifdef _WIN32  // Not yet run there.
std::FILE *open_file(const std::filesystem::path &path) { return _wfopen(path.c_str(), L"rb"); }

Identity identity_of(std::FILE *file) {
  const auto handle = reinterpret_cast<HANDLE>(_get_osfhandle(_fileno(file)));
  BY_HANDLE_FILE_INFORMATION status = {};
  FILE_BASIC_INFO times = {};
  if (!GetFileInformationByHandle(handle, &status) ||
      !GetFileInformationByHandleEx(handle, FileBasicInfo, &times, sizeof times)) {
    return {};
  }
  const auto joined = [](DWORD high, DWORD low) { return static_cast<int64_t>(uint64_t{high} << 32 | low); };
  const auto since_1970 = [](LARGE_INTEGER since_1601) { return (since_1601.QuadPart - 116444736000000000) * 100; };
  return {static_cast<int64_t>(status.dwVolumeSerialNumber), joined(status.nFileIndexHigh, status.nFileIndexLow),
          joined(status.nFileSizeHigh, status.nFileSizeLow), since_1970(times.LastWriteTime),
          since_1970(times.ChangeTime)};
}
#else
std::FILE *open_file(const std::filesystem::path &path) {
  // Opening a named pipe that took the file's place would otherwise wait for somebody to write into it.
  const int descriptor = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  return descriptor < 0 ? nullptr : fdopen(descriptor, "rb");
}

Identity identity_of(std::FILE *file) {
  struct stat status = {};
  if (fstat(fileno(file), &status) != 0) return {};
  const auto nanoseconds = [](const timespec &time) { return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; };
#ifdef __APPLE__
  const timespec &written = status.st_mtimespec, &changed = status.st_ctimespec;
#else
  const timespec &written = status.st_mtim, &changed = status.st_ctim;
#endif
  return {static_cast<int64_t>(status.st_dev), static_cast<int64_t>(status.st_ino), status.st_size,
          nanoseconds(written), nanoseconds(changed)};
}
#endif

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

ModelFile::ModelFile(const std::string &path, const std::string &key)
    : path_(path), checked_(parse_key(key)), file_(open_file(std::filesystem::u8path(path))) {
  if (!file_) {
    throw NativeError("MODEL_MISSING", "The model file " + path + " cannot be opened: " + reason(errno) + ".");
  }
  require_unchanged();
}

void ModelFile::require_unchanged() const {
  if (identity_of(file_.get()) == checked_) return;
  throw NativeError("MODEL_CORRUPT",
                    "The model file " + path_ + " was replaced or changed after it was checked; try again.");
}

whisper_model_loader ModelFile::loader() {
  return {this,
          [](void *file, void *target, size_t count) { return static_cast<ModelFile *>(file)->read(target, count); },
          [](void *file) { return static_cast<ModelFile *>(file)->wanted_at_end_ > 0; }, [](void *) {}};
}

size_t ModelFile::read(void *target, size_t count) {
  const size_t found = std::fread(target, 1, count, file_.get());
  if (found == count) return count;
  if (std::ferror(file_.get())) {
    throw NativeError("MODEL_LOAD_FAILED", "The model file " + path_ + " cannot be read: " + reason(errno) + ".");
  }
  wanted_at_end_ += count;
  if (wanted_at_end_ > kWantedAtEnd) {
    throw NativeError("MODEL_CORRUPT", "The model file " + path_ + " ended while it was being read; try again.");
  }
  std::memset(target, 0, count);
  return count;
}

}  // namespace whisperpool
