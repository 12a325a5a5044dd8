#include <algorithm>

#include "cases.h"
#include "system_information.h"

namespace whisperpool::test {
namespace {

CASE("the system is described, and this CPU has what its kernels were compiled with") {
  const SystemInformation system = system_information();
  expect(!system.whisper_version.empty() && !system.compiler.empty(), "a version is missing");
  for (const std::string &feature : system.cpu_features_compiled) {
    const auto &present = system.cpu_features_present;
    expect(std::find(present.begin(), present.end(), feature) != present.end(),
           feature + " is compiled in and not present");
  }
  const auto cpu = std::find_if(system.backends.begin(), system.backends.end(),
                                [](const Backend &backend) { return backend.kind == "cpu"; });
  expect(cpu != system.backends.end() && !cpu->name.empty() && cpu->memory_bytes > 0, "no CPU backend");
}

}  // namespace
}  // namespace whisperpool::test
