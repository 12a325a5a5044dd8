#include "context_registry.h"

#include <chrono>
#include <future>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "native_error.h"
#include "native_log.h"

namespace whisperpool {
namespace {

// Path, file key, flash attention, GPU, alignment preset. A file that is replaced is another key.
using Key = std::tuple<std::string, std::string, bool, bool, std::string>;

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

// What a load came to, as values: each thread that waits for it throws an exception of its own.
struct Outcome {
  std::shared_ptr<SharedContext> context;
  std::string code, message;  // why there is no context
};

Outcome load(const std::string &path, const ContextOptions &options) {
  try {
    ModelFile file(path, options.file_key);
    return {std::make_shared<SharedContext>(file, options), "", ""};
  } catch (const NativeError &error) {
    return {nullptr, error.code(), error.what()};
  } catch (const std::exception &error) {
    return {nullptr, "MODEL_LOAD_FAILED", "The model file " + path + " could not be loaded: " + error.what() + "."};
  }
}

const std::shared_ptr<SharedContext> &context_of(const Outcome &outcome) {
  if (!outcome.context) throw NativeError(outcome.code, outcome.message);
  return outcome.context;
}

struct Registry {
  std::mutex mutex;
  std::map<Key, std::weak_ptr<SharedContext>> loaded;
  std::map<Key, std::shared_future<Outcome>> loading;
  uint64_t weights_read = 0;
};

Registry &registry() {
  static Registry instance;
  return instance;
}

// A service that changes models for months must not collect the names of all it once had.
void forget_freed(Registry &locked) {
  for (auto entry = locked.loaded.begin(); entry != locked.loaded.end();) {
    entry = entry->second.expired() ? locked.loaded.erase(entry) : std::next(entry);
  }
}

}  // namespace

SharedContext::SharedContext(ModelFile &file, const ContextOptions &options) : options_(options) {
  whisper_context_params params = whisper_context_default_params();
  params.use_gpu = options.gpu;
  params.flash_attn = options.flash_attention;
  params.dtw_token_timestamps = false;  // AlignmentView switches it on where it is wanted
  params.dtw_aheads_preset = alignment_preset(options.alignment);

  const auto start = std::chrono::steady_clock::now();
  take_last_log_error();
  context_ = load_context(file.loader(), file.path(), params);
  if (!context_) {
    throw NativeError("MODEL_LOAD_FAILED", "whisper.cpp could not load " + file.path() + ": " + take_last_log_error());
  }
  file.require_unchanged();
  use_huge_pages(*context_);
  load_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

AlignmentView *SharedContext::alignment_view() {
  if (options_.flash_attention || options_.alignment.empty()) return nullptr;
  std::call_once(alignment_once_, [this] { alignment_view_ = std::make_unique<AlignmentView>(*context_); });
  return alignment_view_.get();
}

AcquiredContext acquire_context(const std::string &path, const ContextOptions &options) {
  const Key key = {path, options.file_key, options.flash_attention, options.gpu, options.alignment};
  Registry &shared = registry();
  std::promise<Outcome> promise;
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
      return {context_of(future.get()), false};
    }
    forget_freed(shared);
    shared.loading.emplace(key, promise.get_future().share());
  }

  const Outcome outcome = load(path, options);
  {
    const std::lock_guard<std::mutex> lock(shared.mutex);
    shared.loading.erase(key);
    if (outcome.context) {
      shared.loaded[key] = outcome.context;
      shared.weights_read += 1;
    }
  }
  promise.set_value(outcome);
  return {context_of(outcome), true};
}

ContextStatistics context_statistics() {
  Registry &shared = registry();
  const std::lock_guard<std::mutex> lock(shared.mutex);
  forget_freed(shared);
  return {shared.weights_read, static_cast<uint32_t>(shared.loaded.size())};
}

}  // namespace whisperpool
