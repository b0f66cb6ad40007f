// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/processor.h"

#include <fstream>

#include "common/content/elf.h"

namespace kso::worker {
namespace {

constexpr char kThreadExe[] = "/proc/thread-self/exe";

}  // namespace

std::string_view CompiledArchitecture() {
#if defined(__x86_64__)
  return "amd64";
#elif defined(__aarch64__)
  return "arm64";
#else
#error "kso runs on amd64 and arm64"
#endif
}

std::string ProcessorArchitecture() {
  return ProcessorArchitectureFrom(kThreadExe);
}

std::string ProcessorArchitectureFrom(const std::string& thread_exe) {
  std::string beginning(content::kElfHeaderBytes, '\0');
  std::ifstream file(thread_exe, std::ios::binary);
  file.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  beginning.resize(static_cast<size_t>(file.gcount()));
  const std::string_view architecture = content::ArchitectureOfElf(beginning);
  return std::string(architecture.empty() ? CompiledArchitecture()
                                          : architecture);
}

}  // namespace kso::worker
