#include "context_registry.h"

#include <chrono>
#include <filesystem>
#include <future>
#include <map>
#include <tuple>
#include <utility>

#include "native_error.h"
#include "native_log.h"

namespace whisperpool {
namespace {

// Real path, size, modification time, flash attention, GPU, alignment preset. A file that is replaced is another key.
using Key = std::tuple<std::string, uintmax_t, int64_t, bool, bool, std::string>;

Key key_of(const std::string &path, const ContextOptions &options) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path real = fs::canonical(fs::u8path(path), error);
  if (error) throw NativeError("MODEL_MISSING", "The model file " + path + " cannot be opened: " + error.message());
  const uintmax_t size = fs::file_size(real, error);
  if (error) throw NativeError("MODEL_MISSING", "The model " + path + " is not a file: " + error.message());
  const int64_t modified = fs::last_write_time(real, error).time_since_epoch().count();
  return {real.u8string(), size, modified, options.flash_attention, options.gpu, options.alignment};
}

whisper_alignment_heads_preset alignment_preset(const std::string &name) {
  static const std::map<std::string, whisper_alignment_heads_preset> presets = {
      {"", WHISPER_AHEADS_NONE},
      {"tiny.en", WHISPER_AHEADS_TINY_EN},
      {"tiny", WHISPER_AHEADS_TINY},
      {"base.en", WHISPER_AHEADS_BASE_EN},
      {"base", WHISPER_AHEADS_BASE},
      {"small.en", WHISPER_AHEADS_SMALL_EN},
      {"small", WHISPER_AHEADS_SMALL},
      {"medium.en", WHISPER_AHEADS_MEDIUM_EN},
      {"medium", WHISPER_AHEADS_MEDIUM},
      {"large-v1", WHISPER_AHEADS_LARGE_V1},
      {"large-v2", WHISPER_AHEADS_LARGE_V2},
      {"large-v3", WHISPER_AHEADS_LARGE_V3},
      {"large-v3-turbo", WHISPER_AHEADS_LARGE_V3_TURBO},
  };
  const auto found = presets.find(name);
  if (found == presets.end()) throw NativeError("OPTION_INVALID", "Unknown alignment preset `" + name + "`.");
  return found->second;
}

struct Registry {
  std::mutex mutex;
  std::map<Key, std::weak_ptr<SharedContext>> loaded;
  std::map<Key, std::shared_future<std::shared_ptr<SharedContext>>> loading;
  uint64_t weights_read = 0;
};

Registry &registry() {
  static Registry instance;
  return instance;
}

}  // namespace

SharedContext::SharedContext(const std::string &path, const ContextOptions &options) : options_(options) {
  whisper_context_params params = whisper_context_default_params();
  params.use_gpu = options.gpu;
  params.flash_attn = options.flash_attention;
  params.dtw_token_timestamps = false;  // AlignmentView switches it on where it is wanted
  params.dtw_aheads_preset = alignment_preset(options.alignment);

  const auto start = std::chrono::steady_clock::now();
  take_last_log_error();
  context_ = whisper_init_from_file_with_params_no_state(path.c_str(), params);
  if (!context_) throw NativeError("MODEL_LOAD_FAILED", "whisper.cpp could not load " + path + ": " + take_last_log_error());
  use_huge_pages(*context_);
  load_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

SharedContext::~SharedContext() { whisper_free(context_); }

AlignmentView *SharedContext::alignment_view() {
  if (options_.flash_attention || options_.alignment.empty()) return nullptr;
  std::call_once(alignment_once_, [this] { alignment_view_ = std::make_unique<AlignmentView>(*context_); });
  return alignment_view_.get();
}

AcquiredContext acquire_context(const std::string &path, const ContextOptions &options) {
  const Key key = key_of(path, options);
  Registry &shared = registry();
  std::promise<std::shared_ptr<SharedContext>> promise;
  {
    std::unique_lock<std::mutex> lock(shared.mutex);
    const auto loaded = shared.loaded.find(key);
    if (loaded != shared.loaded.end()) {
      if (auto context = loaded->second.lock()) return {context, false};
    }
    const auto loading = shared.loading.find(key);
    if (loading != shared.loading.end()) {
      const auto future = loading->second;
      lock.unlock();
      return {future.get(), false};  // rethrows what the loading thread met
    }
    shared.loading.emplace(key, promise.get_future().share());
  }

  try {
    auto context = std::make_shared<SharedContext>(std::get<0>(key), options);
    {
      const std::lock_guard<std::mutex> lock(shared.mutex);
      shared.loaded[key] = context;
      shared.loading.erase(key);
      shared.weights_read += 1;
    }
    promise.set_value(context);
    return {context, true};
  } catch (...) {
    {
      const std::lock_guard<std::mutex> lock(shared.mutex);
      shared.loading.erase(key);
    }
    promise.set_exception(std::current_exception());
    throw;
  }
}

ContextStatistics context_statistics() {
  Registry &shared = registry();
  const std::lock_guard<std::mutex> lock(shared.mutex);
  uint32_t open = 0;
  for (auto entry = shared.loaded.begin(); entry != shared.loaded.end();) {
    if (entry->second.expired()) {
      entry = shared.loaded.erase(entry);
    } else {
      ++open;
      ++entry;
    }
  }
  return {shared.weights_read, open};
}

}  // namespace whisperpool
