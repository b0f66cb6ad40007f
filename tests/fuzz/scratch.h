// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FUZZ_SCRATCH_H_
#define KSO_TESTS_FUZZ_SCRATCH_H_

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string_view>

#include "tests/fakes/temp_directory.h"

namespace kso::fuzz {

// A directory of this process, in memory where the machine has /dev/shm, since
// a fuzzer writes without end.
class Scratch {
 public:
  const std::filesystem::path& path() const { return directory_.path(); }
  std::filesystem::path Write(std::string_view name, std::string_view content) {
    const std::filesystem::path file = path() / name;
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }

 private:
  static constexpr char kMemory[] = "/dev/shm";

  const testing::TempDirectory directory_ =
      ::access(kMemory, W_OK) == 0 ? testing::TempDirectory(kMemory)
                                   : testing::TempDirectory();
};

}  // namespace kso::fuzz

#endif  // KSO_TESTS_FUZZ_SCRATCH_H_
