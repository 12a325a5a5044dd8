#pragma once
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <sstream>
#include <string>

#include "cases.h"
#include "context_registry.h"

// The bundled weights, copies that may be damaged, and how to ask for them.
namespace whisperpool::test {

inline std::string model_path(const Folders &folders, const std::string &name) {
  return folders.models + "/ggml-" + name + "-q8_0.bin";
}

// What src/model/file-identity.ts calls the key of a file.
inline std::string key_of(const std::string &path) {
  struct stat status = {};
  expect(stat(path.c_str(), &status) == 0, path + " is missing");
  const auto nanoseconds = [](const timespec &time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; };
  std::ostringstream key;
  key << status.st_dev << ':' << status.st_ino << ':' << status.st_size << ':' << nanoseconds(status.st_mtim) << ':'
      << nanoseconds(status.st_ctim);
  return key.str();
}

inline ContextOptions options_for(const std::string &path, bool flash_attention = false) {
  ContextOptions options;
  options.file_key = key_of(path);
  options.flash_attention = flash_attention;
  return options;
}

inline std::shared_ptr<SharedContext> tiny(const Folders &folders) {
  const std::string path = model_path(folders, "tiny.en");
  ContextOptions options = options_for(path);
  options.alignment = "tiny.en";
  return acquire_context(path, options).context;
}

// tiny.en in a folder of its own, gone with this object.
class CopiedModel {
 public:
  explicit CopiedModel(const Folders &folders) {
    std::string name = std::filesystem::temp_directory_path() / "native-tests-XXXXXX";
    expect(mkdtemp(name.data()) != nullptr, "no temporary folder");
    folder_ = name;
    std::filesystem::copy_file(model_path(folders, "tiny.en"), path());
  }
  ~CopiedModel() { std::filesystem::remove_all(folder_); }
  CopiedModel(const CopiedModel &) = delete;
  CopiedModel &operator=(const CopiedModel &) = delete;

  const std::filesystem::path &folder() const { return folder_; }
  std::string path() const { return folder_ / "model.bin"; }

 private:
  std::filesystem::path folder_;
};

}  // namespace whisperpool::test
