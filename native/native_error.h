#pragma once
#include <stdexcept>
#include <string>

namespace whisperpool {

// An error with one of the codes of src/errors.ts; the binding turns it into a JavaScript error with that `code`.
class NativeError : public std::runtime_error {
 public:
  NativeError(std::string code, const std::string &message) : std::runtime_error(message), code_(std::move(code)) {}
  const std::string &code() const noexcept { return code_; }

 private:
  std::string code_;
};

}  // namespace whisperpool
