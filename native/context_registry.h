#pragma once
#include <memory>
#include <mutex>
#include <string>

#include "whisper_unit.h"

namespace whisperpool {

struct ContextOptions {
  bool flash_attention = false;
  bool gpu = false;
  std::string alignment;  // DTW preset: `base`, `tiny.en`, … or empty
};

// One model's weights, shared by every thread of the process and freed with the last user.
class SharedContext {
 public:
  // Throws NativeError MODEL_LOAD_FAILED or OPTION_INVALID.
  SharedContext(const std::string &path, const ContextOptions &options);
  ~SharedContext();
  SharedContext(const SharedContext &) = delete;
  SharedContext &operator=(const SharedContext &) = delete;

  whisper_context *get() const { return context_; }
  const ContextOptions &options() const { return options_; }
  double load_seconds() const { return load_seconds_; }
  // Null when the model has no alignment heads or flash attention hides them. Made once, on first use.
  AlignmentView *alignment_view();

 private:
  ContextOptions options_;
  whisper_context *context_ = nullptr;
  double load_seconds_ = 0;
  std::once_flag alignment_once_;
  std::unique_ptr<AlignmentView> alignment_view_;
};

struct AcquiredContext {
  std::shared_ptr<SharedContext> context;
  bool weights_read;  // false when another call had already loaded them, or was doing so
};

// The same file with the same options is read once, however many threads ask at the same time.
// Throws NativeError MODEL_MISSING, MODEL_LOAD_FAILED or OPTION_INVALID.
AcquiredContext acquire_context(const std::string &path, const ContextOptions &options);

struct ContextStatistics {
  uint64_t weights_read;  // since the process started
  uint32_t open;
};
ContextStatistics context_statistics();

}  // namespace whisperpool
