#pragma once
#include <memory>
#include <mutex>
#include <string>

#include "model_file.h"
#include "whisper_unit.h"

namespace whisperpool {

struct ContextOptions {
  std::string file_key;  // the file that was checked: see ModelFile
  bool flash_attention = false;
  bool gpu = false;
  std::string alignment;  // DTW preset: `base`, `tiny.en`, … or empty
};

// One model's weights, shared by every thread of the process and freed with the last user.
class SharedContext {
 public:
  // Throws NativeError MODEL_LOAD_FAILED, OPTION_INVALID, or MODEL_CORRUPT when the file changes while it is read.
  SharedContext(ModelFile &file, const ContextOptions &options);
  SharedContext(const SharedContext &) = delete;
  SharedContext &operator=(const SharedContext &) = delete;

  whisper_context *get() const { return context_.get(); }
  double load_seconds() const { return load_seconds_; }
  // Null when the model has no alignment heads or flash attention hides them. Made once, on first use.
  AlignmentView *alignment_view();

 private:
  ContextOptions options_;
  ContextPointer context_;
  double load_seconds_ = 0;
  std::once_flag alignment_once_;
  std::unique_ptr<AlignmentView> alignment_view_;
};

struct AcquiredContext {
  std::shared_ptr<SharedContext> context;
  bool weights_read;  // false when another call had already loaded them, or was doing so
};

// The same file with the same options is read once, however many threads ask at the same time. What is held is shared
// without a look at the disk: the file may be gone by then.
// Throws NativeError MODEL_MISSING, MODEL_CORRUPT, MODEL_LOAD_FAILED or OPTION_INVALID.
AcquiredContext acquire_context(const std::string &path, const ContextOptions &options);

struct ContextStatistics {
  uint64_t weights_read;  // since the process started
  uint32_t open;
};
ContextStatistics context_statistics();

}  // namespace whisperpool
