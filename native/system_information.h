#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace whisperpool {

struct Backend {
  std::string name;
  std::string description;
  std::string kind;           // `cpu`, `gpu`, `integrated-gpu` or `accelerator`
  uint64_t memory_bytes = 0;  // its whole memory; 0 when the backend does not say
};

struct SystemInformation {
  std::string whisper_version;
  std::string compiler;
  std::vector<std::string> cpu_features_compiled;  // what the CPU kernels may use
  std::vector<std::string> cpu_features_present;   // what this CPU has and the operating system lets it use
  std::vector<Backend> backends;
};

SystemInformation system_information();

// Instruction sets of this machine, named as in `cpu_features_compiled` (cpu_features.cc).
std::vector<std::string> cpu_features_present();

}  // namespace whisperpool
