#include "native_log.h"

#include <mutex>

#include "ggml.h"
#include "whisper.h"

namespace whisperpool {
namespace {

thread_local std::string last_error;

void on_log(ggml_log_level level, const char *text, void *) {
  if (level != GGML_LOG_LEVEL_ERROR || !text) return;
  last_error.assign(text);
  while (!last_error.empty() && (last_error.back() == '\n' || last_error.back() == ' ')) last_error.pop_back();
}

}  // namespace

void install_log() {
  static std::once_flag installed;  // each worker asks for it, and others log meanwhile
  std::call_once(installed, [] { whisper_log_set(on_log, nullptr); });
}

std::string take_last_log_error() {
  std::string taken;
  taken.swap(last_error);
  return taken;
}

}  // namespace whisperpool
