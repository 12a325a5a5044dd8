#pragma once
#include <exception>
#include <stdexcept>
#include <string>

#include "native_error.h"

// The native tests' whole vocabulary: a case is a function that throws when something is wrong.
namespace whisperpool::test {

struct Folders {
  std::string models;
  std::string clips;
};

using Body = void (*)(const Folders &folders);

struct Registration {
  Registration(const char *name, Body body);
};

#define WHISPERPOOL_JOIN_(a, b) a##b
#define WHISPERPOOL_JOIN(a, b) WHISPERPOOL_JOIN_(a, b)
// CASE("a sentence") { … folders.clips … }
#define CASE(name)                                                                            \
  static void WHISPERPOOL_JOIN(body_, __LINE__)(const ::whisperpool::test::Folders &folders); \
  static const ::whisperpool::test::Registration WHISPERPOOL_JOIN(case_, __LINE__)(           \
      name, WHISPERPOOL_JOIN(body_, __LINE__));                                               \
  static void WHISPERPOOL_JOIN(body_, __LINE__)([[maybe_unused]] const ::whisperpool::test::Folders &folders)

inline void expect(bool condition, const std::string &what) {
  if (!condition) throw std::runtime_error(what);
}

template <typename Number>
void expect_between(Number value, Number low, Number high, const std::string &what) {
  expect(value >= low && value <= high, what + " is " + std::to_string(value) + ", not " +
                                            std::to_string(low) + " to " + std::to_string(high));
}

template <typename Action>
void expect_code(const std::string &code, const std::string &what, Action &&action) {
  try {
    action();
  } catch (const NativeError &error) {
    expect(error.code() == code, what + ": " + error.code() + " (" + error.what() + "), not " + code);
    return;
  }
  throw std::runtime_error(what + ": nothing was thrown, not " + code);
}

}  // namespace whisperpool::test
