// What threads share. These also run under ThreadSanitizer: `npm run test:native-tsan`.
#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

#include "clips.h"
#include "decoder.h"
#include "models.h"
#include "native_log.h"

namespace whisperpool::test {
namespace {

namespace fs = std::filesystem;

// Holds threads back until all of them are here.
class Gate {
 public:
  explicit Gate(int expected) : missing_(expected) {}
  void pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (--missing_ == 0) open_.notify_all();
    open_.wait(lock, [this] { return missing_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable open_;
  int missing_;
};

// `action(0 … count - 1)`, each on a thread of its own, all at once. What an action throws is thrown here.
template <typename Action>
void at_once(int count, Action &&action) {
  Gate gate(count);
  std::vector<std::string> failures(count);
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      gate.pass();
      try {
        action(i);
      } catch (const std::exception &error) {
        failures[i] = error.what();
      }
    });
  }
  for (std::thread &thread : threads) thread.join();
  for (const std::string &failure : failures) expect(failure.empty(), failure);
}

std::string code_of(const std::string &path, const ContextOptions &options) {
  try {
    acquire_context(path, options);
    return "";
  } catch (const NativeError &error) {
    return error.code();
  }
}

void expect_all(const std::vector<std::string> &codes, const std::string &code) {
  for (const std::string &found : codes) expect(found == code, "`" + found + "`, not " + code);
}

}  // namespace

CASE("a hundred threads that ask for one model at once share one load, and the last of them frees it") {
  const uint64_t before = context_statistics().weights_read;
  const std::string path = model_path(folders, "tiny.en");
  const ContextOptions options = options_for(path);
  std::vector<AcquiredContext> acquired(100);
  at_once(100, [&](int i) {
    install_log();  // as each worker does when it loads the addon
    acquired[i] = acquire_context(path, options);
  });
  int readers = 0;
  for (const AcquiredContext &one : acquired) {
    expect(one.context == acquired.front().context, "two contexts for one file");
    readers += one.weights_read ? 1 : 0;
  }
  expect(readers == 1, "one thread read the weights");
  expect(context_statistics().weights_read == before + 1, "the weights were read more than once");
  expect(context_statistics().open == 1, "one model is held");
  at_once(100, [&](int i) { acquired[i].context.reset(); });
  expect(context_statistics().open == 0, "the weights outlive their users");
}

CASE("two models in two ways are four loads, however many threads ask") {
  const uint64_t before = context_statistics().weights_read;
  std::vector<std::shared_ptr<SharedContext>> contexts(24);
  at_once(24, [&](int i) {
    const std::string path = model_path(folders, i % 2 == 0 ? "tiny.en" : "base");
    contexts[i] = acquire_context(path, options_for(path, i % 4 < 2)).context;
  });
  for (int i = 4; i < 24; ++i) expect(contexts[i] == contexts[i % 4], "two contexts for the same file and options");
  expect(context_statistics().weights_read == before + 4, "four loads");
  expect(context_statistics().open == 4, "four contexts");
  expect(whisper_is_multilingual(contexts[0]->get()) == 0, "tiny.en speaks English");
  expect(whisper_is_multilingual(contexts[1]->get()) != 0, "base speaks more");
  contexts.clear();
  expect(context_statistics().open == 0, "nothing is held");
}

CASE("weights that are given back while others ask for them are whole for each who gets them") {
  const std::string path = model_path(folders, "tiny.en");
  const ContextOptions options = options_for(path);
  at_once(6, [&](int) {
    for (int round = 0; round < 8; ++round) {
      const auto context = acquire_context(path, options).context;
      expect(whisper_n_vocab(context->get()) == 51864, "the vocabulary");
      context_statistics();  // forgets what was freed
    }
  });
  expect(context_statistics().open == 0, "nothing is held");
}

CASE("a load that fails fails for each thread that waits for it, and the next one tries again") {
  const CopiedModel copy(folders);
  const ContextOptions options = options_for(copy.path());
  std::vector<std::string> without(30), with(30), cut_off(30);
  const fs::path away = copy.folder().string() + "-away";
  fs::rename(copy.folder(), away);
  at_once(30, [&](int i) { without[i] = code_of(copy.path(), options); });
  fs::rename(away, copy.folder());
  at_once(30, [&](int i) { with[i] = code_of(copy.path(), options); });
  fs::resize_file(copy.path(), 30'000'000);
  const ContextOptions shorter = options_for(copy.path());
  at_once(30, [&](int i) { cut_off[i] = code_of(copy.path(), shorter); });
  expect_all(without, "MODEL_MISSING");
  expect_all(with, "");
  expect_all(cut_off, "MODEL_CORRUPT");
  expect(context_statistics().open == 0, "nothing is held");
}

CASE("a file that is changed or cut off while it is read is refused") {
  const CopiedModel copy(folders);
  const auto load_after = [&](auto &&change) {
    ModelFile file(copy.path(), key_of(copy.path()));
    change();
    SharedContext(file, {});
  };
  load_after([] {});
  expect_code("MODEL_CORRUPT", "touched", [&] {
    load_after([&] { fs::last_write_time(copy.path(), fs::file_time_type::clock::now()); });
  });
  expect_code("MODEL_CORRUPT", "cut off", [&] { load_after([&] { fs::resize_file(copy.path(), 20'000'000); }); });
}

CASE("a pipe in the place of the file is refused, and nobody waits for a writer") {
  const CopiedModel copy(folders);
  const ContextOptions options = options_for(copy.path());
  fs::remove(copy.path());
  expect(mkfifo(copy.path().c_str(), 0600) == 0, "no pipe");
  expect(code_of(copy.path(), options) == "MODEL_CORRUPT", "a pipe");
}

CASE("an alignment that no model has is refused") {
  ContextOptions options = options_for(model_path(folders, "tiny.en"));
  options.alignment = "huge";
  expect(code_of(model_path(folders, "tiny.en"), options) == "OPTION_INVALID", "alignment");
}

CASE("two states over the same weights decode half a second at once and hear the same") {
  const auto context = tiny(folders);
  const std::vector<float> pcm = decoded_file(clip(folders, "wav"));
  DecodeOptions options;
  options.encoder_context = 384;
  options.max_tokens = 8;
  options.words = true;
  std::vector<Decoded> decoded(2);
  at_once(2, [&](int i) {
    Decoder decoder(context);
    StopWatch watch(nullptr, std::numeric_limits<double>::infinity());
    decoded[i] = decoder.decode(pcm.data() + WHISPER_SAMPLE_RATE / 4, WHISPER_SAMPLE_RATE / 2, options, watch);
  });
  expect(!decoded[0].segments.empty() && decoded[0].word_times == WordTimes::kDtw, "no words were heard");
  expect(decoded[0].segments.size() == decoded[1].segments.size(), "segments");
  for (size_t i = 0; i < decoded[0].segments.size(); ++i) {
    expect(decoded[0].segments[i].text == decoded[1].segments[i].text, "text");
  }
}

}  // namespace whisperpool::test
