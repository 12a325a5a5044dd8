// native_tests MODELS CLIPS [PART OF A NAME]: runs the cases of test/native/*_cases.cc.
#include <cstdio>
#include <vector>

#include "cases.h"
#include "native_log.h"

namespace whisperpool::test {
namespace {

struct Case {
  const char *name;
  Body body;
};

std::vector<Case> &all_cases() {
  static std::vector<Case> cases;
  return cases;
}

// What went wrong, or an empty string.
std::string failure_of(const Case &test, const Folders &folders) {
  try {
    test.body(folders);
    return "";
  } catch (const NativeError &error) {
    return error.code() + ": " + error.what();
  } catch (const std::exception &error) {
    return error.what();
  }
}

int run(const Folders &folders, const std::string &part) {
  int ran = 0, failed = 0;
  for (const Case &test : all_cases()) {
    if (std::string(test.name).find(part) == std::string::npos) continue;
    const std::string failure = failure_of(test, folders);
    ++ran;
    if (failure.empty()) {
      std::printf("ok %s\n", test.name);
    } else {
      ++failed;
      std::printf("FAILED %s: %s\n", test.name, failure.c_str());
    }
    std::fflush(stdout);
  }
  std::printf("%d cases, %d failed\n", ran, failed);
  return ran == 0 || failed > 0 ? 1 : 0;
}

}  // namespace

Registration::Registration(const char *name, Body body) { all_cases().push_back({name, body}); }

}  // namespace whisperpool::test

int main(int argument_count, char **arguments) {
  if (argument_count < 3) {
    std::fprintf(stderr, "usage: native_tests MODELS CLIPS [PART OF A NAME]\n");
    return 2;
  }
  whisperpool::install_log();
  return whisperpool::test::run({arguments[1], arguments[2]}, argument_count > 3 ? arguments[3] : "");
}
